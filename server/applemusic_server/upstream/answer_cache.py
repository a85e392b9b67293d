"""Remembers what Apple answered, and asks once for what several want at the same time."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any

from applemusic_server.domain.observers import CacheObserver

_OVERHEAD = 120  # Of an entry and its key, in bytes; measured roughly.


@dataclass(frozen=True, slots=True)
class CacheLimits:
    """How much is remembered and for how long.

    Attributes:
        entries: Most entries.
        weight: Most bytes, estimated.
        seconds: How long an answer is good.
        missing_seconds: How long it is good that there is nothing: what is new shows soon.
    """

    entries: int = 50_000
    weight: int = 64 * 1024 * 1024
    seconds: float = 600.0
    missing_seconds: float = 30.0


@dataclass(slots=True)
class _Entry:
    value: Any
    until: float
    weight: int


@dataclass(slots=True)
class _Flight:
    """A question on its way to Apple, and how many wait for the answer."""

    keys: Sequence[Hashable]
    task: asyncio.Task[dict[Hashable, Any]]
    waiters: int = 0


class AnswerCache:
    """Keeps answers by key, the least recently used go first. Belongs to one event loop.

    Answers must be immutable: everybody gets the same object. What failed is not remembered.

    Args:
        limits: How much and how long.
        observer: Is told.
        clock: Monotonic seconds.
    """

    def __init__(
        self, limits: CacheLimits, observer: CacheObserver, *, clock: Callable[[], float]
    ) -> None:
        self._limits = limits
        self._observer = observer
        self._clock = clock
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._flights: dict[Hashable, _Flight] = {}
        self._weight = 0

    async def get(
        self, key: Hashable, ask: Callable[[], Awaitable[Any]], *, keep: bool = True
    ) -> Any:
        """Return the answer to one question; `ask` is called when nobody knows it yet.

        Args:
            key: Names the question and everything that its answer depends on.
            ask: Asks Apple.
            keep: False only joins those who ask the same at the same time.
        """

        async def ask_one(_: Sequence[Hashable]) -> dict[Hashable, Any]:
            return {key: await ask()}

        return (await self.get_many([key], ask_one, keep=keep))[key]

    async def get_many(
        self,
        keys: Sequence[Hashable],
        ask: Callable[[Sequence[Hashable]], Awaitable[dict[Hashable, Any]]],
        *,
        keep: bool = True,
    ) -> dict[Hashable, Any]:
        """Return the answers to many questions; `ask` is called once with those that are open.

        What `ask` has no answer for is None, and remembered for a shorter time.
        """
        found: dict[Hashable, Any] = {}
        flights: dict[Hashable, _Flight] = {}
        open_keys: list[Hashable] = []
        for key in keys:
            entry = self._fresh(key)
            if entry is not None:
                found[key] = entry.value
            elif key in self._flights:
                flights[key] = self._flights[key]
            else:
                open_keys.append(key)
        self._count(len(found), len(flights), len(open_keys))
        if open_keys:
            flight = self._start(open_keys, ask, keep=keep)
            flights.update(dict.fromkeys(open_keys, flight))
        if flights:
            answers = await self._wait({id(each): each for each in flights.values()})
            found.update((key, answers.get(key)) for key in flights)
        return found

    def _count(self, hits: int, joined: int, misses: int) -> None:
        for result, count in (("hit", hits), ("joined", joined), ("miss", misses)):
            if count:
                self._observer.on_cache(result, count)

    def _fresh(self, key: Hashable) -> _Entry | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.until <= self._clock():
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        return entry

    def _start(
        self,
        keys: list[Hashable],
        ask: Callable[[Sequence[Hashable]], Awaitable[dict[Hashable, Any]]],
        *,
        keep: bool,
    ) -> _Flight:
        async def fly() -> dict[Hashable, Any]:
            try:
                answers = await ask(keys)
            finally:
                self._land(keys, flight)
            if keep:
                for key in keys:
                    self._keep(key, answers.get(key))
                self._observer.on_cache_size(len(self._entries), self._weight)
            return answers

        # A task of its own: the first who asked may go away while others still wait.
        flight = _Flight(keys, asyncio.ensure_future(fly()))
        self._flights.update(dict.fromkeys(keys, flight))
        return flight

    async def _wait(self, flights: dict[int, _Flight]) -> dict[Hashable, Any]:
        for flight in flights.values():
            flight.waiters += 1
        try:
            await asyncio.wait([flight.task for flight in flights.values()])
        finally:
            for flight in flights.values():
                flight.waiters -= 1
                if not flight.waiters and not flight.task.done():
                    flight.task.cancel()
                    self._land(flight.keys, flight)
        tasks = [flight.task for flight in flights.values()]
        # Every failure is looked at, or asyncio would complain of those that nobody saw.
        for error in [task.exception() for task in tasks]:
            if error is not None:
                raise error
        return {key: value for task in tasks for key, value in task.result().items()}

    def _land(self, keys: Sequence[Hashable], flight: _Flight) -> None:
        for key in keys:
            if self._flights.get(key) is flight:
                del self._flights[key]

    def _keep(self, key: Hashable, value: Any) -> None:
        self._drop(key)
        weight = weigh(value) + _OVERHEAD
        if weight > self._limits.weight:
            return
        life = self._limits.missing_seconds if value is None else self._limits.seconds
        self._entries[key] = _Entry(value, self._clock() + life, weight)
        self._weight += weight
        while len(self._entries) > self._limits.entries or self._weight > self._limits.weight:
            self._drop(next(iter(self._entries)))

    def _drop(self, key: Hashable) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._weight -= entry.weight


def weigh(value: Any) -> int:
    """Estimate the bytes that a value of the domain takes in memory."""
    if isinstance(value, str):
        return 50 + len(value)
    if isinstance(value, tuple | frozenset):
        return 56 + sum(8 + weigh(each) for each in value)
    if isinstance(value, Enum) or value is None or isinstance(value, bool):
        return 0  # Shared by all.
    if is_dataclass(value):
        members = fields(value)
        return 48 + sum(8 + weigh(getattr(value, member.name)) for member in members)
    return 40
