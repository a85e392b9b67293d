"""Doing things at the same time without leaving one behind."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeVar

A = TypeVar("A")
B = TypeVar("B")


async def together(first: Coroutine[Any, Any, A], second: Coroutine[Any, Any, B]) -> tuple[A, B]:
    """Run both at once and return both results.

    When one fails, or the caller is cancelled, the other is cancelled and waited for. When both
    failed, the first one's error is raised, as it is and not in a group.

    The first runs in the caller's own task: each song that starts comes this way, and a task with
    all that waits for it costs 10 us.
    """
    beside = asyncio.ensure_future(second)
    try:
        with _Stopping(beside, _has_failed):
            one = await first
        two = await beside  # raises what stopped the first
    except BaseException:
        beside.cancel()
        await asyncio.gather(beside, return_exceptions=True)
        raise
    return one, two


async def within(
    seconds: float, work: Coroutine[Any, Any, A], sleep: Callable[[float], Awaitable[None]]
) -> A | None:
    """Run `work` for at most so many seconds; None when it was cancelled for taking longer.

    When it fails, or the caller is cancelled, nothing is left running either.
    """
    timer = asyncio.ensure_future(sleep(seconds))
    try:
        with _Stopping(timer, lambda _: True):
            return await work
        return None
    finally:
        timer.cancel()
        await asyncio.gather(timer, return_exceptions=True)


async def all_of(work: Iterable[Coroutine[Any, Any, A]]) -> list[A]:
    """Run everything at once and return the results in order.

    When one fails or the caller goes away, the others are cancelled and awaited, and the failure is
    raised as it is, not wrapped in a group: callers switch on its reason.
    """
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Stopping:
    """Cancels the body of `with` when something beside it ends in a certain way.

    The body is left without an error then, unless it was cancelled by somebody else as well.

    Args:
        beside: Runs meanwhile.
        is_reason: Tells, once that is done, whether the body is to stop.
    """

    __slots__ = ("_before", "_beside", "_body", "_is_reason", "_stopped")

    def __init__(
        self,
        beside: "asyncio.Future[Any]",
        is_reason: Callable[["asyncio.Future[Any]"], bool],
    ) -> None:
        self._beside = beside
        self._is_reason = is_reason
        self._body: asyncio.Task[Any] | None = None
        self._before = 0
        self._stopped = False

    def __enter__(self) -> None:
        self._body = asyncio.current_task()
        self._before = 0 if self._body is None else self._body.cancelling()
        self._beside.add_done_callback(self._look)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        # `_look` may be due already, and must not stop what comes after the body.
        body, self._body = self._body, None
        self._beside.remove_done_callback(self._look)
        if body is None or not self._stopped:
            return False
        cancels = body.uncancel()
        return kind is asyncio.CancelledError and cancels <= self._before

    def _look(self, done: "asyncio.Future[Any]") -> None:
        if self._body is not None and self._is_reason(done):
            self._stopped = True
            self._body.cancel()


def _has_failed(done: "asyncio.Future[Any]") -> bool:
    return not done.cancelled() and done.exception() is not None
