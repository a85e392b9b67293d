"""How late the event loop is, on a loop whose time the test moves."""

from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from applemusic_server.telemetry.event_loop import INTERVAL_SECONDS, EventLoopTelemetry


class Timer:
    def __init__(self, due: float, callback: Callable[[], None]) -> None:
        self.due, self.callback, self.cancelled = due, callback, False

    def cancel(self) -> None:
        self.cancelled = True


class Loop:
    """Keeps timers, and runs the last one as late as it is told."""

    def __init__(self) -> None:
        self.now = 100.0
        self.timers: list[Timer] = []

    def time(self) -> float:
        return self.now

    def call_at(self, due: float, callback: Callable[..., None], *args: Any) -> Timer:
        self.timers.append(Timer(due, lambda: callback(*args)))
        return self.timers[-1]

    def run(self, late: float = 0.0) -> None:
        timer = self.timers.pop()
        self.now = timer.due + late
        timer.callback()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def value(registry: CollectorRegistry, end: str, **labels: str) -> float | None:
    return registry.get_sample_value(f"applemusic_event_loop_lag_seconds_{end}", labels)


def test_lateness_is_observed(registry: CollectorRegistry) -> None:
    telemetry = EventLoopTelemetry(registry)
    loop: Any = Loop()
    telemetry.start(loop)
    for late in (0.0, 0.0005, 0.3, 0.0, -0.001):
        loop.run(late)
        assert len(loop.timers) == 1  # after a long block there are no looks to make up for
    assert value(registry, "count") == 5
    assert value(registry, "sum") == pytest.approx(0.3005)
    assert value(registry, "bucket", le="0.25") == 4
    assert loop.timers[-1].due == pytest.approx(loop.now + INTERVAL_SECONDS)
    telemetry.stop()
    assert loop.timers[-1].cancelled
