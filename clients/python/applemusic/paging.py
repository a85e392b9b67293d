"""Lists that come in pages, and batches that go in parts."""

import asyncio
from collections import deque
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Generator,
    Iterator,
    Sequence,
)
from contextlib import aclosing
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar

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


class Batcher(Generic[_Item]):
    """Any number of ids, asked about in parts.

    `await batcher` gives everything as a `Batch`; `async for item in batcher` the items, in the
    order asked for, while further parts are on their way; `async for part in batcher.parts()` whole
    parts, with what is missing of each. Nothing is asked before that; each time asks anew.
    """

    def __init__(
        self,
        keys: Sequence[Any],
        size: int,
        concurrency: int,
        ask: Callable[[Any], Awaitable[Batch[_Item]]],
    ) -> None:
        self._parts = [keys[start : start + size] for start in range(0, len(keys), size)]
        self._concurrency = concurrency
        self._ask = ask

    def __await__(self) -> Generator[Any, None, Batch[_Item]]:
        return self._whole().__await__()

    async def __aiter__(self) -> AsyncIterator[_Item]:
        async with aclosing(self.parts()) as parts:
            async for part in parts:
                for item in part.items:
                    yield item

    async def parts(self) -> AsyncGenerator[Batch[_Item]]:
        """Yield part after part; those that come next are asked for meanwhile.

        The first part that fails ends the others, and its error is raised.
        """
        if self._concurrency == 1 or len(self._parts) == 1:
            for part in self._parts:
                yield await self._ask(part)
            return
        asked: deque[asyncio.Task[Batch[_Item]]] = deque()
        waiting = iter(self._parts)
        try:
            while True:
                for keys in islice(waiting, self._concurrency - len(asked)):
                    asked.append(asyncio.create_task(_awaited(self._ask(keys))))
                if not asked:
                    return
                answer = await asked[0]
                asked.popleft()
                yield answer
        finally:
            await _end(asked)

    async def _whole(self) -> Batch[_Item]:
        async with aclosing(self.parts()) as parts:
            found = [part async for part in parts]
        return Batch(
            tuple(item for part in found for item in part.items),
            tuple(name for part in found for name in part.missing),
        )


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
        await _end(tasks)


async def _awaited(answer: Awaitable[_Result]) -> _Result:
    return await answer


async def _end(tasks: Collection[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
