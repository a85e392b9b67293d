"""Reading a little before it is needed, and never more."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Generic, TypeVar

T = TypeVar("T")


class LookAhead(Generic[T]):
    """Takes items out of a generator in a task of its own, at most `limit` ahead of `go_on`.

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
        self._waiting: list[T] = []
        # Futures rather than events: a stream has these for as long as it lasts.
        self._watcher: asyncio.Future[None] | None = None
        self._room: asyncio.Future[None] | None = None
        self._task = asyncio.ensure_future(self._read())
        self._task.add_done_callback(self._done)

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

    @property
    def stopped(self) -> bool:
        """Whether it reads on only after `go_on`."""
        return self._room is not None and not self._waiting and not self._room.done()

    def take(self) -> T:
        """The next item; `go_on` makes room for another. Only when `has_item`."""
        return self._waiting.pop(0)

    def go_on(self) -> None:
        """Read on, if there is room."""
        _set(self._room)

    def wake(self) -> None:
        """Let `wait` return."""
        _set(self._watcher)

    async def wait(self, seconds: float) -> None:
        """Return when `ready`, or after so many seconds, or at `wake`."""
        if self.ready:
            return
        watcher = self._watcher = asyncio.get_running_loop().create_future()
        try:
            # What was read already comes now, and no timer is worth its while.
            await asyncio.sleep(0)
            if not (watcher.done() or self.ready):
                await self._timed(watcher, seconds)
        finally:
            self._watcher = None

    async def _timed(self, watcher: asyncio.Future[None], seconds: float) -> None:
        timer = asyncio.ensure_future(self._sleep(seconds))
        timer.add_done_callback(self._done)
        try:
            await watcher
        finally:
            timer.cancel()
            await asyncio.gather(timer, return_exceptions=True)

    def _done(self, _: asyncio.Task[None]) -> None:
        self.wake()

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
                self.wake()
                while len(self._waiting) >= self._limit:
                    self._room = asyncio.get_running_loop().create_future()
                    await self._room
                self._room = None


def _set(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done():
        future.set_result(None)
