"""Doing many things, a few at a time."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from applemusic_server.domain.together import all_of

A = TypeVar("A")


async def at_most(count: int, work: Sequence[Coroutine[Any, Any, A]]) -> list[A]:
    """Run everything, `count` at a time, and return the results in order; fails as `all_of`."""
    turns = asyncio.Semaphore(count)

    async def one(each: Coroutine[Any, Any, A]) -> A:
        async with turns:
            return await each

    try:
        return await all_of([one(each) for each in work])
    finally:
        for each in work:
            each.close()  # What had no turn yet when another failed.
