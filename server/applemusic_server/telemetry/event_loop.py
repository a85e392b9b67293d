"""How late the event loop is: all streams and calls share it, so what blocks it, they all hear."""

import asyncio
from typing import Final

from prometheus_client import CollectorRegistry, Histogram

# Of the kernel's timers alone up to 1 ms.
LAG_BUCKETS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
# Two short wake-ups a second cost nothing that could be measured; whatever blocks the loop for
# longer than this is noticed for certain, shorter times by chance.
INTERVAL_SECONDS: Final = 0.5


class EventLoopTelemetry:
    """Has itself called every half second, and observes how much later it is called.

    Args:
        registry: Where the metric is.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._lag = Histogram(
            "applemusic_event_loop_lag_seconds",
            "How much later than due the event loop ran a timer, looked at twice a second.",
            buckets=LAG_BUCKETS,
            registry=registry,
        )
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to look."""
        self._due = loop.time()
        self._wait(loop)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        self._due += INTERVAL_SECONDS
        self._timer = loop.call_at(self._due, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        self._lag.observe(max(0.0, now - self._due))
        # Not from when it was due: after a long block that would be many looks at once.
        self._due = now
        self._wait(loop)
