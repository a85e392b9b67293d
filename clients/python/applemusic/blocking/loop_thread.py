"""An event loop in a thread of its own, for callers that have none."""

import asyncio
import contextvars
import threading
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import Future, wait
from contextlib import suppress
from typing import Any, Final, TypeVar

from applemusic.errors.base import ClientClosedError

_Result = TypeVar("_Result")
_Item = TypeVar("_Item")

_PATIENCE: Final = 5.0  # seconds; what is cancelled ends in milliseconds


class LoopThread:
    """Runs what any thread asks for on one loop, and waits for it.

    The thread starts with the first use and ends with `close`, with the last reference to this
    object, or with the program.

    Args:
        closing: Called on the loop before it ends, to close what lives there.
    """

    def __init__(self, closing: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._closing = closing
        self._lock = threading.RLock()  # a garbage collection inside of it may come here again
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._end: weakref.finalize[..., LoopThread] | None = None
        self._closed = False

    def run(self, awaitable: Awaitable[_Result]) -> _Result:
        """Return what an awaitable returns, or raise what it raises.

        Ctrl-C, and whatever else interrupts the wait, cancels it.

        Raises:
            ClientClosedError: `close` was called before or meanwhile.
            RuntimeError: Called on the loop itself, which would wait for ever.
        """
        answer: Future[_Result] = Future()
        tasks: list[asyncio.Task[_Result]] = []
        context = contextvars.copy_context()  # of the caller: it may be within a trace

        def begin(loop: asyncio.AbstractEventLoop) -> None:
            task = loop.create_task(_awaited(awaitable), context=context)
            task.add_done_callback(lambda task: _hand_over(task, answer))
            tasks.append(task)

        try:
            loop = self._submit(begin)
        except (RuntimeError, ClientClosedError):
            _drop(awaitable)
            raise
        try:
            return answer.result()
        except BaseException:
            if not answer.done():
                loop.call_soon_threadsafe(lambda: [task.cancel() for task in tasks])
                wait([answer], _PATIENCE)
            raise

    def call(self, function: Callable[[], _Result]) -> _Result:
        """Return what a function returns that must be called on the loop. Raises as `run`."""

        async def called() -> _Result:
            return function()

        return self.run(called())

    def iterate(self, items: AsyncIterator[_Item]) -> Iterator[_Item]:
        """Yield what an asynchronous iterator yields; leaving the iteration closes it."""
        try:
            while found := self.run(_next(items)):
                yield found[0]
        finally:
            self._discard(items)

    def close(self) -> None:
        """End the loop and its thread; what still runs there fails with `ClientClosedError`."""
        with self._lock:
            self._closed = True
            end = self._end
        if end is not None:
            end()

    def _submit(
        self, begin: Callable[[asyncio.AbstractEventLoop], None]
    ) -> asyncio.AbstractEventLoop:
        """Have something begun on the loop. Within the lock, so that `close` comes after it."""
        if threading.current_thread() is self._thread:
            raise RuntimeError(
                "a blocking call from a callback of the same client would wait for itself"
            )
        with self._lock:
            # Not alive: at the end of the program, where nobody has called `close`.
            if self._closed or (self._end is not None and not self._end.alive):
                raise ClientClosedError("the client is closed")
            loop = self._loop or self._start()
            loop.call_soon_threadsafe(begin, loop)
            return loop

    def _start(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        # A daemon: a program that forgets `close` ends nevertheless, and the loop with it.
        thread = threading.Thread(target=_serve, args=(loop,), name="applemusic", daemon=True)
        thread.start()
        self._loop, self._thread = loop, thread
        self._end = weakref.finalize(self, _end, loop, thread, self._closing)
        return loop

    def _discard(self, items: AsyncIterator[Any]) -> None:
        """Close an iterator, unless the loop itself does: it does when nobody refers to it."""
        aclose = getattr(items, "aclose", None)
        if aclose is not None and threading.current_thread() is not self._thread:
            with suppress(ClientClosedError):
                self.run(_awaited_from(aclose))


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.close()


def _end(
    loop: asyncio.AbstractEventLoop,
    thread: threading.Thread,
    closing: Callable[[], Coroutine[Any, Any, None]],
) -> None:
    async def everything() -> None:
        await closing()
        own = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not own]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await loop.shutdown_asyncgens()

    def begin() -> None:
        loop.create_task(everything()).add_done_callback(lambda _: loop.stop())

    loop.call_soon_threadsafe(begin)
    if threading.current_thread() is not thread:
        thread.join(_PATIENCE)


def _hand_over(task: "asyncio.Task[_Result]", answer: "Future[_Result]") -> None:
    if task.cancelled():
        answer.set_exception(ClientClosedError("the client was closed during the call"))
    elif (error := task.exception()) is not None:
        answer.set_exception(error)
    else:
        answer.set_result(task.result())


def _drop(awaitable: Awaitable[Any]) -> None:
    """Do without an awaitable: a coroutine warns when it is just forgotten."""
    if isinstance(awaitable, Coroutine):
        awaitable.close()


async def _awaited(awaitable: Awaitable[_Result]) -> _Result:
    return await awaitable


async def _awaited_from(make: Callable[[], Awaitable[_Result]]) -> _Result:
    return await make()


async def _next(items: AsyncIterator[_Item]) -> tuple[()] | tuple[_Item]:
    async for item in items:
        return (item,)
    return ()
