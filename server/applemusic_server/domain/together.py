"""Doing things at the same time without leaving one behind."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
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
        await _end((one, two))
    for task in (one, two):
        if not task.cancelled() and (error := task.exception()):
            raise error
    return one.result(), two.result()


async def within(
    seconds: float, work: Coroutine[Any, Any, A], sleep: Callable[[float], Awaitable[None]]
) -> A | None:
    """Run `work` for at most so many seconds; None when it was cancelled for taking longer.

    When it fails, or the caller is cancelled, nothing is left running either.
    """
    task, timer = asyncio.ensure_future(work), asyncio.ensure_future(sleep(seconds))
    try:
        await asyncio.wait((task, timer), return_when=asyncio.FIRST_COMPLETED)
        late = not task.done()
    finally:
        await _end((task, timer))
    return None if late else task.result()


async def all_of(work: Iterable[Coroutine[Any, Any, A]]) -> list[A]:
    """Run everything at once and return the results in order.

    When one fails or the caller goes away, the others are cancelled and awaited, and the failure is
    raised as it is, not wrapped in a group: callers switch on its reason.
    """
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        await _end(tasks)


async def _end(tasks: Sequence[asyncio.Future[Any]]) -> None:
    """Stop what still runs and wait for it; what is done costs nothing more."""
    running = [task for task in tasks if not task.done()]
    for task in running:
        task.cancel()
    if running:
        await asyncio.gather(*running, return_exceptions=True)
