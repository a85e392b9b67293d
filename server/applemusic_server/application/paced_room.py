"""How much of a song may be asked of Apple next."""

from collections.abc import Awaitable, Callable

from applemusic_server.application.pace import Pace
from applemusic_server.application.playback_tuning import PlaybackTuning


class PacedRoom:
    """The `Room` of a paced stream: what leaves together is asked for together.

    So nothing of it waits in memory, and no connection waits open, until the next group is due.

    Args:
        pace: How fast the stream leaves.
        tuning: How long it may rest.
        sleep: Waits for so many seconds.
    """

    def __init__(
        self, pace: Pace, tuning: PlaybackTuning, sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._pace = pace
        self._tuning = tuning
        self._sleep = sleep
        self._resting = False

    @property
    def resting(self) -> bool:
        """Whether the listener has enough, and Apple is asked for nothing."""
        return self._resting

    async def wait(self, least: float) -> float:
        """See `Room.wait`."""
        rest = self._pace.rest(least, self._tuning.rest_seconds)
        # With a short lead it must be asked for before it may leave, and waits then.
        delay = min(rest, self._pace.ahead() - self._tuning.fetch_ahead_seconds)
        if delay > 0:
            self._resting = True
            try:
                await self._sleep(delay)
            finally:
                self._resting = False
        return self._pace.room()
