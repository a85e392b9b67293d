"""Knows which calls are open: bounds their number, and ends them when the server goes down."""

import asyncio
from datetime import timedelta

from applemusic_server.domain.errors import Reason, ResourceExhaustedError, UnavailableError
from applemusic_server.wire.interceptors.call import Call, Proceed

# The balancer and the host ask how the server is until the very end.
_ALWAYS_SERVED = ("/grpc.health.v1.Health/",)
# Streams without an end of their own: waiting for them would only use up the grace.
_WATCHES = frozenset(
    {"/applemusic.v1.AuthService/WatchSignIn", "/applemusic.v1.AuthService/WatchAccounts"}
)
_BUSY_RETRY = timedelta(seconds=1)


class OpenCalls:
    """The stage that lets calls in."""

    def __init__(self, most: int) -> None:
        """Let at most `most` calls be open at the same time."""
        self._most = most
        self._draining = False
        self._tasks: set[asyncio.Task[object]] = set()
        self._watches: set[asyncio.Task[object]] = set()
        self._expelled: set[asyncio.Task[object]] = set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._hurried = asyncio.Event()

    @property
    def draining(self) -> bool:
        """Whether new calls are refused."""
        return self._draining

    async def around(self, call: Call, proceed: Proceed) -> None:
        """Refuse a new call when full or draining; end an open one when the time is up."""
        if call.path.startswith(_ALWAYS_SERVED):
            await proceed()
            return
        if self._draining:
            raise _going_down()
        if len(self._tasks) >= self._most:
            raise ResourceExhaustedError(
                Reason.SERVER_BUSY,
                f"The server handles {self._most} calls already.",
                retry_after=_BUSY_RETRY,
            )
        task = asyncio.current_task()
        assert task is not None, "gRPC runs handlers as tasks"  # noqa: S101 - for mypy
        self._tasks.add(task)
        if call.path in _WATCHES:
            self._watches.add(task)
        self._empty.clear()
        try:
            await proceed()
        except asyncio.CancelledError:
            if task not in self._expelled or task.uncancel() > 0:
                raise
            raise _going_down() from None
        finally:
            self._tasks.discard(task)
            self._watches.discard(task)
            self._expelled.discard(task)
            if not self._tasks:
                self._empty.set()

    async def drain(self, grace: timedelta) -> None:
        """Refuse new calls, wait for the open ones, and end those that outlast `grace`.

        Who only watches is sent away at once, and watches on at the next server.
        """
        self._draining = True
        self._expel(self._watches)
        waits = {
            asyncio.ensure_future(self._empty.wait()),
            asyncio.ensure_future(self._hurried.wait()),
        }
        await asyncio.wait(
            waits, timeout=grace.total_seconds(), return_when=asyncio.FIRST_COMPLETED
        )
        for wait in waits:
            wait.cancel()
        self._expel(self._tasks)

    def hurry(self) -> None:
        """End what is open now."""
        self._hurried.set()

    def _expel(self, tasks: set[asyncio.Task[object]]) -> None:
        for task in tuple(tasks - self._expelled):
            self._expelled.add(task)
            task.cancel()


def _going_down() -> UnavailableError:
    return UnavailableError(
        Reason.SERVER_DRAINING,
        "The server is going down. Connect again; streams can be taken up by offset.",
    )
