"""Work on the database that is not left in the middle."""

import asyncio
import contextlib
import functools
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def unbroken(
    work: Callable[P, Coroutine[Any, Any, R]],
) -> Callable[P, Coroutine[Any, Any, R]]:
    """Let a coroutine function come to its end before a cancellation of its caller goes on.

    A caller that goes away while SQLite is at work, e.g. one that leaves a sync, would otherwise
    leave a connection behind in the middle of its transaction, and the database locked for
    everybody (observed with aiosqlite 0.22 and SQLAlchemy 2.1).
    """

    @functools.wraps(work)
    async def whole(*args: P.args, **kwargs: P.kwargs) -> R:
        return await to_its_end(asyncio.ensure_future(work(*args, **kwargs)))

    return whole


async def to_its_end(task: "asyncio.Future[R]") -> R:
    """Return what a task returns; who is cancelled meanwhile leaves only when it has ended.

    However often: a caller that gives up is cancelled once, and again by a server that closes.
    """
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await _ended(task)
        raise


async def _ended(task: "asyncio.Future[Any]") -> None:
    """Wait for a task; nobody is left to hear how it ended."""
    while not task.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait((task,))
    if not task.cancelled():
        task.exception()
