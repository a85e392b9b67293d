"""How much of a song may be asked of Apple next."""

import asyncio
from collections.abc import Callable

from applemusic_server.application.pace import Pace
from applemusic_server.application.playback_tuning import PlaybackTuning
from applemusic_server.application.turns import Turn, Turns


class PacedRoom:
    """The `Room` of a paced stream: what leaves together is asked for together.

    So nothing of it waits in memory, and no connection waits open, until the next group is due.
    Whoever sends the audio looks at `asked`, and opens it when `delay` has passed: while a chunk
    waits for its reader, nothing is opened. From then until somebody waits again it is this
    stream's turn; call `close` at the end.

    Args:
        pace: How fast the stream leaves.
        tuning: How long it may rest.
        turns: Shared with all streams.
        clock: Monotonic seconds.
    """

    def __init__(
        self, pace: Pace, tuning: PlaybackTuning, turns: Turns, clock: Callable[[], float]
    ) -> None:
        self._pace = pace
        self._tuning = tuning
        self._turns = turns
        self._clock = clock
        self._turn: Turn | None = None
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
        return min(rest, self._pace.ahead() - self._tuning.fetch_ahead_seconds)

    def open(self) -> bool:
        """Let whoever waits go on; False if it is others' turn, then `tell` is called later."""
        if not self._has_turn(self._tuning.fetch_ahead_seconds):
            return False
        if self._opened is not None:
            self._opened.set_result(None)
        return True

    def sent(self) -> None:
        """Until room is asked for the first time, what follows a piece needs a turn of its own."""
        if not self._used:
            self.close()

    def may_read_on(self) -> bool:
        """Whether what is on its way may be read; False if it is others' turn, as with `open`."""
        return self._used or self._has_turn(self._tuning.read_on_seconds)

    def close(self) -> None:
        """Leave the turn to others. A second call does nothing."""
        if self._turn is not None:
            self._turn.leave()
            self._turn = None

    async def wait(self, least: float) -> float:
        """See `Room.wait`."""
        self._least, self._used = least, True
        self.close()
        if self.delay() > 0 or not self._has_turn(self._tuning.fetch_ahead_seconds):
            self._opened = asyncio.get_running_loop().create_future()
            self._tell()
            try:
                await self._opened
            finally:
                self._opened = None
        return self._pace.room()

    def _has_turn(self, least_ahead: float) -> bool:
        if self._turn is None:
            spare = self._pace.ahead() - least_ahead
            self._turn = self._turns.ask(self._clock() + spare, self._on_turn)
        return self._turn.granted

    def _on_turn(self) -> None:
        self._tell()
