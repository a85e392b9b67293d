"""Whose turn it is to fetch audio, where more streams want to than the processor can serve."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import inf
from typing import Self

# A tick that takes longer was late: something else had the processor meanwhile.
_ON_TIME = 1.5


@dataclass(frozen=True, slots=True)
class TurnLimits:
    """How many streams may be at it.

    Attributes:
        places: So many begin at once.
        busy_places: So many while the processor has no time to spare: then all else that they
            fetch delays those who start.
        tick_seconds: As long as some wait, the event loop is looked at so often. When it is on
            time, it is Apple or the network that is being waited for:
        more: then so many more are let in each time. A thousand streams of a slow file server
            are so served as well as those of a fast one.
        longest_seconds: Who takes longer than this has a slow reader, or Apple is slow, and keeps
            no place from others.
        busy_longest_seconds: The same while there is only one place to keep.
    """

    places: int = 12
    busy_places: int = 1
    tick_seconds: float = 0.01
    more: int = 3
    longest_seconds: float = 1.0
    busy_longest_seconds: float = 0.1


class Turns:
    """Lets streams fetch one after the other, where all at once would only hold each other up.

    A stream that fetches holds up to 300 KB: what was read, what is decrypted, what leaves. Where
    hundreds do so at the same time, each takes hundreds of times as long and all hold it all the
    time. So they wait their turn, holding nothing: whoever runs dry first comes first. Who would
    have too little left by waiting does not wait; one stream alone never does.

    Belongs to one event loop; it has a task of its own only while somebody waits.

    Args:
        clock: Monotonic seconds.
        sleep: Waits for so many seconds.
        limits: How many may be at it.
        busy: Whether the processor has no time to spare.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        limits: TurnLimits | None = None,
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        self._busy = busy
        self._clock = clock
        self._sleep = sleep
        self._limits = limits or TurnLimits()
        # In the order in which they were let in.
        self._at_it: dict[Turn, None] = {}
        self._waiting: list[Turn] = []
        self._asked = 0
        self._ticker: asyncio.Task[None] | None = None

    @property
    def open_count(self) -> int:
        """How many are at it, but for those that take too long."""
        return len(self._at_it)

    @property
    def waiting_count(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def ask(self, latest: float, tell: Callable[[], None]) -> "Turn":
        """Ask for a turn, which is to be given back by `Turn.leave` in any case.

        Args:
            latest: When, on the clock, it is granted at the latest; the earliest comes first.
            tell: Called when it is granted, unless that is at once.
        """
        self._asked += 1
        turn = Turn(self, latest, self._asked, tell)
        self._forget_the_slow()
        if self._has_place() or latest <= self._clock():
            self._grant(turn)
        else:
            heapq.heappush(self._waiting, turn)
            if self._ticker is None:
                self._ticker = asyncio.ensure_future(self._tick())
        return turn

    def begin(self) -> "Turn":
        """Take a place for a song that starts, which waits for nobody: its listener hears nothing.

        While many start, others stand back as far as they can. To be given back as any turn.
        """
        self._asked += 1
        turn = Turn(self, self._clock(), self._asked, lambda: None)
        self._forget_the_slow()
        self._grant(turn)
        return turn

    def leave(self, turn: "Turn") -> None:
        """See `Turn.leave`."""
        if turn.granted:
            if turn in self._at_it:
                del self._at_it[turn]
                self._let_in()
        elif turn in self._waiting:
            self._waiting.remove(turn)
            heapq.heapify(self._waiting)
        if not self._waiting and self._ticker is not None:
            self._ticker.cancel()
            self._ticker = None

    async def _tick(self) -> None:
        tick = self._limits.tick_seconds
        while self._waiting:
            begun = self._clock()
            await self._sleep(tick)
            on_time = self._clock() - begun < _ON_TIME * tick
            self._forget_the_slow()
            self._let_in(self._limits.more if on_time and not self._busy() else 0)
        self._ticker = None

    def _let_in(self, more: int = 0) -> None:
        """Let in who has a place, then so many more, then who cannot wait."""
        while self._waiting:
            if not self._has_place():
                if more <= 0 and self._waiting[0].latest > self._clock():
                    return
                more -= 1
            turn = heapq.heappop(self._waiting)
            self._grant(turn)
            turn.tell()

    def _has_place(self) -> bool:
        limits = self._limits
        return len(self._at_it) < (limits.busy_places if self._busy() else limits.places)

    def _grant(self, turn: "Turn") -> None:
        turn.granted_at = self._clock()
        self._at_it[turn] = None

    def _forget_the_slow(self) -> None:
        limits = self._limits
        longest_seconds = limits.busy_longest_seconds if self._busy() else limits.longest_seconds
        before = self._clock() - longest_seconds
        while self._at_it and (longest := next(iter(self._at_it))).granted_at <= before:
            del self._at_it[longest]


class Turn:
    """One stream's turn, made by `Turns.ask`.

    Attributes:
        latest: When it is granted at the latest.
        tell: Called when it is granted.
        granted_at: When it was; infinite until then.
    """

    __slots__ = ("_number", "_turns", "granted_at", "latest", "tell")

    def __init__(self, turns: Turns, latest: float, number: int, tell: Callable[[], None]) -> None:
        self._turns = turns
        self._number = number
        self.latest = latest
        self.tell = tell
        self.granted_at = inf

    def __lt__(self, other: Self) -> bool:
        return (self.latest, self._number) < (other.latest, other._number)

    @property
    def granted(self) -> bool:
        """Whether the stream may go on."""
        return self.granted_at < inf

    def leave(self) -> None:
        """Let others have it, granted or not. A second call does nothing."""
        self._turns.leave(self)
