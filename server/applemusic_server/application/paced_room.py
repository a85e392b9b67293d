"""How much of a song may be asked of Apple next."""

import asyncio
from collections.abc import Callable
from math import inf

from applemusic_server.application.pace import Pace
from applemusic_server.application.playback_tuning import PlaybackTuning


class PacedRoom:
    """The `Room` of a paced stream: what leaves together is asked for together.

    So nothing of it waits in memory, and no connection waits open, until the next group is due.
    Whoever sends the audio looks at `asked`, and opens it when `delay` has passed: while a chunk
    waits for its reader, nothing is opened.

    Args:
        pace: How fast the stream leaves.
        tuning: How long it may rest.
        clock: Monotonic seconds.
    """

    def __init__(self, pace: Pace, tuning: PlaybackTuning, clock: Callable[[], float]) -> None:
        self._pace = pace
        self._tuning = tuning
        self._clock = clock
        self._not_before = -inf
        self._in_burst = True
        self._least = 0.0
        self._used = False
        self._opened: asyncio.Future[None] | None = None
        self._tell: Callable[[], None] = lambda: None

    @property
    def asked(self) -> bool:
        """Whether somebody waits for room."""
        return self._opened is not None and not self._opened.done()

    @property
    def used(self) -> bool:
        """Whether anybody has asked; a broadcast never does."""
        return self._used

    def on_asked(self, tell: Callable[[], None]) -> None:
        """Call `tell` whenever somebody begins to wait."""
        self._tell = tell

    def delay(self) -> float:
        """Seconds until it is to be opened; not positive when it is now."""
        rest = self._pace.rest(self._least, self._tuning.rest_seconds)
        # With a short lead it must be asked for before it may leave, and waits then.
        delay = min(rest, self._pace.ahead() - self._tuning.fetch_ahead_seconds)
        return max(delay, self._not_before - self._clock())

    def open(self) -> None:
        """Let whoever waits go on."""
        if self._opened is not None:
            self._opened.set_result(None)

    async def wait(self, least: float) -> float:
        """See `Room.wait`."""
        self._least, self._used = least, True
        if self.delay() > 0:
            await self._until_opened()
        while self._in_burst and await self._stands_back():
            await self._until_opened()
        return self._pace.room()

    async def _until_opened(self) -> None:
        self._opened = asyncio.get_running_loop().create_future()
        self._tell()
        try:
            await self._opened
        finally:
            self._opened = None

    async def _stands_back(self) -> bool:
        """Whether to leave the processor to others for a moment, with enough to play till then.

        When hundreds start at once, their first bytes come before anybody's next ten seconds. Only
        in a stream's first burst: were it always so, all would soon come at the same moments.
        """
        spare = self._pace.ahead() - self._tuning.fetch_ahead_seconds
        self._in_burst = self._pace.sent_seconds < self._tuning.burst_seconds
        if spare <= 0 or not self._in_burst:
            return False
        before = self._clock()
        await asyncio.sleep(0)
        if self._clock() - before < self._tuning.crowded_seconds:
            return False
        self._not_before = self._clock() + min(spare, self._tuning.stand_back_seconds)
        return True
