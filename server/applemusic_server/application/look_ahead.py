"""Reading a little before it is needed, and never more."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Generic, TypeVar

T = TypeVar("T")


class LookAhead(Generic[T]):
    """Takes items out of a generator in a task of its own, at most `limit` ahead of `take`.

    Args:
        items: What to read; closed with this.
        limit: Items that may wait.
        sleep: Waits for so many seconds.
    """

    def __init__(
        self,
        items: AsyncGenerator[T, None],
        limit: int,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._items = items
        self._limit = limit
        self._sleep = sleep
        self._waiting: deque[T] = deque()
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._task = asyncio.ensure_future(self._read())
        self._task.add_done_callback(lambda _: self._changed.set())

    @property
    def ready(self) -> bool:
        """Whether `take` has an answer: an item, the end, or a failure."""
        return bool(self._waiting) or self._task.done()

    @property
    def has_item(self) -> bool:
        """Whether `take` would give an item."""
        return bool(self._waiting)

    @property
    def at_end(self) -> bool:
        """Whether all items were taken. Only when `ready`.

        Raises:
            AppleMusicError: What ended the items, after all that came before.
        """
        if self._waiting:
            return False
        self._task.result()
        return True

    @property
    def first(self) -> T:
        """The item that `take` would give. Only when `has_item`."""
        return self._waiting[0]

    def take(self) -> T:
        """The next item, which makes room for another. Only when `has_item`."""
        self._room.set()
        return self._waiting.popleft()

    async def wait(self, seconds: float) -> None:
        """Return when `ready`, or after so many seconds."""
        self._changed.clear()
        if self.ready:
            return
        timer = asyncio.ensure_future(self._sleep(seconds))
        timer.add_done_callback(lambda _: self._changed.set())
        try:
            await self._changed.wait()
        finally:
            timer.cancel()
            await asyncio.gather(timer, return_exceptions=True)

    async def aclose(self) -> None:
        """Stop reading and wait until everything below is closed."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        # A task that never began has not closed it.
        await self._items.aclose()

    async def _read(self) -> None:
        async with aclosing(self._items) as items:
            async for item in items:
                self._waiting.append(item)
                del item
                self._changed.set()
                while len(self._waiting) >= self._limit:
                    self._room.clear()
                    await self._room.wait()
