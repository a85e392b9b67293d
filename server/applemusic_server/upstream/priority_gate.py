"""Who may talk to Apple now: playback, then what plays next, then interactive, then background."""

import asyncio
import heapq
from collections import Counter
from dataclasses import dataclass, field
from enum import IntEnum


class Priority(IntEnum):
    """How urgent a request is; the smaller, the sooner."""

    PLAYBACK = 0
    PREPARE = 1
    INTERACTIVE = 2
    BACKGROUND = 3


@dataclass(frozen=True, slots=True)
class GateLimits:
    """How many requests may be open at once.

    Attributes:
        total: All but playback together. Playback is not counted: it never waits, and the number
            of streams bounds it elsewhere.
        background: Background alone, so that slow pages of a sync leave room for a person. At
            80 ms per answer it lets a sync read 200 pages a second, the most that is ever asked.
    """

    total: int = 24
    background: int = 16


@dataclass(order=True, slots=True)
class _Waiter:
    priority: Priority
    number: int
    turn: asyncio.Future[None] = field(compare=False)


class PriorityGate:
    """Admits requests: at most so many at once, the most urgent first, equals in order of arrival.

    Belongs to one event loop.

    Args:
        limits: How many at once.
    """

    def __init__(self, limits: GateLimits | None = None) -> None:
        self._limits = limits or GateLimits()
        self._open: Counter[Priority] = Counter()
        self._waiting: list[_Waiter] = []
        self._arrivals = 0

    def admit(self, priority: Priority) -> "Place":
        """Hold a place in the body of `async with`; waits for it unless `priority` is PLAYBACK."""
        return Place(self, priority)

    def open_requests(self, priority: Priority) -> int:
        """Return how many places of this priority are held."""
        return self._open[priority]

    def waiting_requests(self, priority: Priority) -> int:
        """Return how many of this priority wait for a place."""
        return sum(waiter.priority is priority for waiter in self._waiting)

    async def enter(self, priority: Priority) -> None:
        """Take a place; who took one must `leave`."""
        if self._has_room(priority) and not self._is_behind(priority):
            self._open[priority] += 1
            return
        self._arrivals += 1
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiter = _Waiter(priority, self._arrivals, turn)
        heapq.heappush(self._waiting, waiter)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # The place was given in the same moment as the caller went away: pass it on.
                self.leave(priority)
            elif waiter in self._waiting:
                self._waiting.remove(waiter)
                heapq.heapify(self._waiting)
            raise

    def leave(self, priority: Priority) -> None:
        """Give a place back."""
        self._open[priority] -= 1
        self._admit_waiters()

    def _admit_waiters(self) -> None:
        while self._waiting and self._has_room(self._waiting[0].priority):
            waiter = heapq.heappop(self._waiting)
            if not waiter.turn.done():  # Done here means that its caller was cancelled.
                self._open[waiter.priority] += 1
                waiter.turn.set_result(None)

    def _is_behind(self, priority: Priority) -> bool:
        """Whether somebody waits who is at least as urgent and could use a place."""
        return bool(
            priority is not Priority.PLAYBACK
            and self._waiting
            and self._waiting[0].priority <= priority
        )

    def _has_room(self, priority: Priority) -> bool:
        if priority is Priority.PLAYBACK:
            return True
        background = self._open[Priority.BACKGROUND]
        counted = self._open[Priority.PREPARE] + self._open[Priority.INTERACTIVE] + background
        if counted >= self._limits.total:
            return False
        return priority is not Priority.BACKGROUND or background < self._limits.background


class Place:
    """A context manager; see `PriorityGate.admit`. No generator: that takes three times as long."""

    __slots__ = ("_gate", "_priority")

    def __init__(self, gate: PriorityGate, priority: Priority) -> None:
        self._gate = gate
        self._priority = priority

    async def __aenter__(self) -> None:
        await self._gate.enter(self._priority)

    async def __aexit__(self, *_: object) -> None:
        self._gate.leave(self._priority)
