"""Says why a call ended that was made for an account which was signed out meanwhile."""

import asyncio
from typing import Any, Protocol

from applemusic_server.domain.errors import AppleMusicError
from applemusic_server.wire.interceptors.call import Call, Proceed


class Endings(Protocol):
    """Knows which calls were ended, and why; see `application.account_calls`."""

    def end_of(self, task: asyncio.Task[Any]) -> AppleMusicError | None:
        """Return why a task was cancelled; None when the caller left."""
        ...


class SignedOut:
    """The stage that turns the cancelling of a call into the reason for it."""

    def __init__(self, endings: Endings) -> None:
        self._endings = endings

    async def around(self, call: Call, proceed: Proceed) -> None:
        """Fail with ACCOUNT_NOT_FOUND instead of being cancelled."""
        del call
        try:
            await proceed()
        except asyncio.CancelledError:
            task = asyncio.current_task()
            reason = self._endings.end_of(task) if task is not None else None
            if task is None or reason is None or task.uncancel() > 0:
                raise
            raise reason from None
