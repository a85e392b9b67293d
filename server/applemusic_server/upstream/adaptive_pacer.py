"""Finds out how fast Apple lets a developer team ask, and asks no faster."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from applemusic_server.upstream.priority_gate import Priority

_WHOLE = 1 - 1e-6  # A turn; sums of fractions of it fall short by rounding.


@dataclass(frozen=True, slots=True)
class PacerLimits:
    """How the rate moves, in requests per second.

    Apple publishes no rate and sends no Retry-After; how much a team may ask differs (observed).
    So the rate doubles with every second of asking until the first 429 says what is too much, and
    from then on it feels its way.

    Attributes:
        start: Before Apple has said anything.
        least: However much Apple throttles.
        most: However willing Apple is.
        step: Added per second of undisturbed asking once there was a 429.
        factor: What is left of the rate after a 429.
        settle_seconds: Further 429s within this time belong to the same excess.
        burst_seconds: Unused turns are kept for so long.
    """

    start: float = 25.0
    least: float = 1.0
    most: float = 200.0
    step: float = 1.0
    factor: float = 0.5
    settle_seconds: float = 1.0
    burst_seconds: float = 1.0


@dataclass(order=True, slots=True)
class _Waiter:
    priority: Priority
    number: int
    first: asyncio.Event = field(compare=False)


class AdaptivePacer:
    """Implements `Pacer`: doubles until the first 429, then adds slowly and halves at each further.

    Belongs to one event loop.

    Playback never waits, but counts: others wait a little longer for it. Among those who wait the
    most urgent goes first, equals in order of arrival.

    Args:
        limits: How the rate moves.
        clock: Monotonic seconds.
        sleep: Waits, in seconds.
    """

    def __init__(
        self,
        limits: PacerLimits | None = None,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._limits = limits or PacerLimits()
        self._clock = clock
        self._sleep = sleep
        self._rate = self._limits.start
        self._is_searching = True
        self._turns = self._burst()
        self._counted = clock()
        self._throttled_until = 0.0
        self._waiting: list[_Waiter] = []
        self._arrivals = 0

    @property
    def rate(self) -> float:
        """Requests per second now."""
        return self._rate

    def waiting_requests(self, priority: Priority) -> int:
        """Return how many of this priority have a place and wait for their time."""
        return sum(waiter.priority is priority for waiter in self._waiting)

    async def pace(self, priority: Priority) -> None:
        """Wait until a request of this priority may be sent; PLAYBACK never waits."""
        self._refill()
        if priority is Priority.PLAYBACK:
            self._turns = max(self._turns - 1, -self._burst())
            return
        if not self._waiting and self._turns >= _WHOLE:
            self._turns -= 1
            return
        self._arrivals += 1
        waiter = _Waiter(priority, self._arrivals, asyncio.Event())
        heapq.heappush(self._waiting, waiter)
        try:
            await self._turn_of(waiter)
        finally:
            self._waiting.remove(waiter)
            heapq.heapify(self._waiting)
            if self._waiting:
                self._waiting[0].first.set()

    def throttled(self) -> None:
        """Hear that Apple answered 429: ask at half the rate, beginning with nothing saved."""
        self._is_searching = False
        now = self._clock()
        self._refill()
        self._turns = min(self._turns, 0.0)
        if now >= self._throttled_until:
            self._rate = max(self._limits.least, self._rate * self._limits.factor)
            self._throttled_until = now + self._limits.settle_seconds

    def succeeded(self) -> None:
        """Hear that Apple answered."""
        self._refill()
        if self._turns > self._burst() / 2:
            return  # The rate is not made use of, so nothing was learnt about a higher one.
        # As many answers as the rate has requests per second double it, or make one step.
        gain = 1.0 if self._is_searching else self._limits.step / self._rate
        self._rate = min(self._limits.most, self._rate + gain)

    async def _turn_of(self, waiter: _Waiter) -> None:
        while True:
            if self._waiting[0] is not waiter:
                waiter.first.clear()
                await waiter.first.wait()
                continue
            self._refill()
            if self._turns >= _WHOLE:
                self._turns -= 1
                return
            await self._sleep((1 - self._turns) / self._rate)

    def _refill(self) -> None:
        now = self._clock()
        self._turns = min(self._turns + (now - self._counted) * self._rate, self._burst())
        self._counted = now

    def _burst(self) -> float:
        return max(1.0, self._rate * self._limits.burst_seconds)
