"""How fast a song leaves: as it is listened to, a little ahead."""

import asyncio
from collections.abc import Awaitable, Callable

# Seconds that are not worth a sleep, and that a clock may not even show.
_RESOLUTION = 1e-6


class Pacer:
    """Holds a stream to at most `lead` seconds of audio more than have been played.

    At the start, and after a pause, that lead is given at once. Where the listener is, is not
    known; it is taken to have played without a stop since the first piece. When more time has
    gone by than audio was sent, because the reader or Apple was slow, the listener has run dry or
    paused: the count goes on from there, so that there is no storm of pieces to catch up.

    Args:
        lead: Seconds of audio that may be ahead.
        clock: Monotonic seconds.
        sleep: Waits for so many seconds.
    """

    def __init__(
        self,
        lead: float,
        clock: Callable[[], float],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._lead = lead
        self._clock = clock
        self._sleep = sleep
        self._sent = 0.0
        self._started: float | None = None
        self._run_dry = 0

    @property
    def sent_seconds(self) -> float:
        """Seconds of audio that were let through."""
        return self._sent

    @property
    def run_dry(self) -> int:
        """How often the listener must have had nothing left to play, the start not counted."""
        return self._run_dry

    @property
    def ahead_seconds(self) -> float:
        """Seconds of audio sent and, by the clock, not played yet."""
        if self._started is None:
            return 0.0
        return max(0.0, self._sent - (self._clock() - self._started))

    async def wait(self, duration: float) -> None:
        """Return when a piece of audio may leave; call it before each piece.

        A piece longer than the lead leaves when everything before it has been played.

        Args:
            duration: Seconds of audio in the piece; 0 is always let through at once.
        """
        now = self._clock()
        if self._started is None:
            self._started = now
        if duration <= 0:
            return
        room = max(0.0, self._lead - duration)
        while (excess := self._sent - (now - self._started) - room) > _RESOLUTION:
            await self._sleep(excess)
            now = self._clock()
        behind = now - self._started - self._sent
        if behind > 0:
            self._run_dry += self._sent > 0
            self._started += behind
        self._sent += duration
