"""Which calls are made for which account, so that they can be ended when it is signed out."""

import asyncio
from typing import Any, Final

from applemusic_server.domain.errors import AppleMusicError, NotFoundError, Reason
from applemusic_server.domain.gateways import Listener
from applemusic_server.domain.listeners import Listeners

_Task = asyncio.Task[Any]
# A write that has begun is brought to its end; no more than that is waited for.
_SETTLING_SECONDS: Final = 5.0


class AccountCalls:
    """Knows the tasks that serve an account."""

    def __init__(self) -> None:
        self._tasks: dict[str, set[_Task]] = {}
        self._ended: dict[_Task, str] = {}

    def note(self, account_id: str) -> None:
        """Remember that the present task serves an account, until the task is done."""
        task = asyncio.current_task()
        if task is None or task in self._tasks.setdefault(account_id, set()):
            return
        self._tasks[account_id].add(task)
        task.add_done_callback(lambda done: self._forget(account_id, done))

    def end(self, account_id: str) -> None:
        """Cancel what serves an account; see `end_of`. The caller's own task is spared."""
        for task in tuple(self._tasks.get(account_id, ())):
            # A second cancelling would look as if the caller had left, too.
            if task is not asyncio.current_task() and task not in self._ended:
                self._ended[task] = account_id
                task.cancel()

    async def settled(self, account_id: str) -> None:
        """Wait until what was ended here is over; not for ever."""
        tasks = [task for task, whose in self._ended.items() if whose == account_id]
        if tasks:
            await asyncio.wait(tasks, timeout=_SETTLING_SECONDS)

    def end_of(self, task: _Task) -> AppleMusicError | None:
        """Return why a task was cancelled here; None when somebody else did it."""
        account_id = self._ended.get(task)
        if account_id is None:
            return None
        return NotFoundError(
            Reason.ACCOUNT_NOT_FOUND,
            f"account {account_id!r} was signed out",
            metadata={"account": account_id},
        )

    def _forget(self, account_id: str, task: _Task) -> None:
        tasks = self._tasks.get(account_id, set())
        tasks.discard(task)
        if not tasks:
            self._tasks.pop(account_id, None)
        self._ended.pop(task, None)


class NotedListeners:
    """`Listeners` that notes for whom calls are made.

    Args:
        inner: Knows the listeners.
        calls: Notes.
    """

    def __init__(self, inner: Listeners, calls: AccountCalls) -> None:
        self._inner = inner
        self._calls = calls

    async def resolve(self, account: str) -> Listener:
        """Return who an account id names; raises as `Listeners.resolve`."""
        listener = await self._inner.resolve(account)
        self._calls.note(listener.account_id)
        return listener

    async def mark_rejected(self, listener: Listener) -> None:
        """Hear that Apple refused the token of `listener`."""
        await self._inner.mark_rejected(listener)
