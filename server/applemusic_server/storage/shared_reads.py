"""Reading for many callers at once."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Generic, TypeVar

from applemusic_server.storage.unbroken import to_its_end

K = TypeVar("K")
V = TypeVar("V")


class SharedReads(Generic[K, V]):
    """Whoever asks while a read is under way shares the next one with all others who do.

    A read begins after everybody asked whose answer it is: nobody is told what was true before.
    Hundreds of songs that start within a second so cost some reads, not hundreds; one that starts
    alone is read for at once.

    Args:
        read: Returns what is there of some keys.
    """

    def __init__(self, read: Callable[[Collection[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._read = read
        self._turn = asyncio.Lock()
        self._keys: set[K] = set()
        self._next: asyncio.Task[Mapping[K, V]] | None = None

    async def get(self, key: K) -> V | None:
        """Return what is there under a key; raises what reading raises."""
        self._keys.add(key)
        if self._next is None:
            self._next = asyncio.create_task(self._read_next())
        # A read that outlived all who asked could still hold its connection when the server closes.
        found = await to_its_end(self._next)
        return found.get(key)

    async def _read_next(self) -> Mapping[K, V]:
        async with self._turn:
            keys, self._keys, self._next = self._keys, set(), None
            return await self._read(keys)
