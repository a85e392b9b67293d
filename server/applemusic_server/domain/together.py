"""Doing two things at the same time without leaving one behind."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

A = TypeVar("A")
B = TypeVar("B")


async def together(first: Coroutine[Any, Any, A], second: Coroutine[Any, Any, B]) -> tuple[A, B]:
    """Run both at once and return both results.

    When one fails, or the caller is cancelled, the other is cancelled and waited for. When both
    failed, the first one's error is raised, as it is and not in a group.
    """
    one, two = asyncio.ensure_future(first), asyncio.ensure_future(second)
    try:
        await asyncio.wait((one, two), return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in (one, two):
            task.cancel()
        await asyncio.gather(one, two, return_exceptions=True)
    for task in (one, two):
        if not task.cancelled() and (error := task.exception()):
            raise error
    return one.result(), two.result()
