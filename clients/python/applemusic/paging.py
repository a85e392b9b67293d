"""Lists that come in pages, and batches that go in parts."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from applemusic.errors.base import ProtocolError

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Page(Generic[_Item]):
    """One page of a list."""

    items: tuple[_Item, ...]
    """What it holds, in order."""
    next_page_token: str
    """Where the next one begins; empty when this is the last."""
    total_count: int | None = None
    """How many items the whole list has, where the server says so."""

    def __iter__(self) -> Iterator[_Item]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


class Pager(Generic[_Item]):
    """A list that is read page by page while it is iterated.

    `async for item in pager` gives all items, `async for page in pager.pages()` whole pages.
    Nothing is read before that, and no page before it is needed. Each iteration begins anew.
    """

    def __init__(self, fetch: Callable[[str], Awaitable[Page[_Item]]], page_token: str) -> None:
        self._fetch = fetch
        self._page_token = page_token

    async def __aiter__(self) -> AsyncIterator[_Item]:
        async for page in self.pages():
            for item in page.items:
                yield item

    async def pages(self) -> AsyncIterator[Page[_Item]]:
        """Yield whole pages. Pages may be empty without being the last.

        Raises:
            ProtocolError: The server sent the same page token twice in a row.
        """
        token = self._page_token
        while True:
            page = await self._fetch(token)
            yield page
            if not page.next_page_token:
                return
            if page.next_page_token == token:
                raise ProtocolError(
                    "the server sent the same page token again: the list never ends"
                )
            token = page.next_page_token

    async def first(self) -> _Item | None:
        """Return the first item, or None when there is none."""
        async for item in self:
            return item
        return None

    async def to_list(self, limit: int | None = None) -> list[_Item]:
        """Return the items, at most `limit` of them; pages beyond that are not read."""
        items: list[_Item] = []
        if limit is not None and limit <= 0:
            return items
        async for page in self.pages():
            items.extend(page.items)
            if limit is not None and len(items) >= limit:
                return items[:limit]
        return items


@dataclass(frozen=True, slots=True)
class Batch(Generic[_Item]):
    """What was found of many ids, in the order asked for. Iterates over the items."""

    items: tuple[_Item, ...]
    """What was found; repeated ids are answered once."""
    missing: tuple[str, ...]
    """Ids that name nothing, in the order asked for."""

    def __iter__(self) -> Iterator[_Item]:
        return iter(self.items)

    def __getitem__(self, index: int) -> _Item:
        return self.items[index]

    def __len__(self) -> int:
        return len(self.items)


async def in_parts(
    items: Sequence[_Item],
    size: int,
    concurrency: int,
    ask: Callable[[Sequence[_Item]], Awaitable[_Result]],
) -> list[_Result]:
    """Ask about items in parts of at most `size`, several at a time; answers in order.

    The first failure ends the others and is raised.
    """
    parts = [items[start : start + size] for start in range(0, len(items), size)]
    if concurrency == 1 or len(parts) == 1:
        return [await ask(part) for part in parts]
    free = asyncio.Semaphore(concurrency)

    async def one(part: Sequence[_Item]) -> _Result:
        async with free:
            return await ask(part)

    tasks = [asyncio.create_task(one(part)) for part in parts]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
