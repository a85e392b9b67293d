"""Reads the pages of a list ahead of whoever consumes them, and hands them out in order."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Generic, Protocol, TypeVar


class Counted(Protocol):
    """A page that says how long its list is."""

    @property
    def total_count(self) -> int:
        """Items of the list in all."""
        ...


P = TypeVar("P", bound=Counted)


class PagesAhead(Generic[P]):
    """Fetches several pages at once, but never more than `most` that nobody has taken yet.

    A consumer that stops stops the fetching: that is the back-pressure of a whole sync.

    Args:
        fetch: Returns the page that begins at an offset.
        size: Items per page.
        most: Pages that are under way or waiting to be taken.
    """

    def __init__(self, fetch: Callable[[int], Awaitable[P]], *, size: int, most: int) -> None:
        self._fetch = fetch
        self._size = size
        self._most = most

    async def read(self, offset: int) -> AsyncGenerator[tuple[int, P], None]:
        """Yield offsets and pages from `offset` on until the list ends.

        The first page says how long the list is, and each further one can correct that. A failure
        is raised in the order of the pages; nothing is left running when the generator is closed.
        """
        pending: deque[tuple[int, asyncio.Future[P]]] = deque()
        next_offset = offset + self._size
        pending.append((offset, self._begin(offset)))
        try:
            while pending:
                # Not taken off yet: a cancellation here must find it.
                page = await pending[0][1]
                place, _ = pending.popleft()
                while next_offset < page.total_count and len(pending) < self._most:
                    pending.append((next_offset, self._begin(next_offset)))
                    next_offset += self._size
                yield place, page
        finally:
            tasks = [task for _, task in pending]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, offset: int) -> "asyncio.Future[P]":
        return asyncio.ensure_future(self._fetch(offset))
