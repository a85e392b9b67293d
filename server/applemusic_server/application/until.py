"""Items until something else happens."""

import asyncio
from collections.abc import AsyncGenerator
from typing import TypeVar

T = TypeVar("T")


async def until(end: asyncio.Event, items: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """Yield `items` up to their end, or until `end` is set: the item under way is cancelled then.

    Does not close `items`; after a cancelled item there are no more of them.
    """
    ended = asyncio.ensure_future(end.wait())
    try:
        while not end.is_set():
            following = asyncio.ensure_future(_following(items))
            try:
                await asyncio.wait((ended, following), return_when=asyncio.FIRST_COMPLETED)
            finally:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)
            if following.cancelled():
                return
            found = following.result()
            if not found:
                return
            yield found[0]
            del found, following
    finally:
        ended.cancel()
        await asyncio.gather(ended, return_exceptions=True)


async def _following(items: AsyncGenerator[T, None]) -> tuple[T] | tuple[()]:
    """The next item, or nothing: an item may be anything, and a task cannot raise StopIteration."""
    async for item in items:
        return (item,)
    return ()
