"""Ends calls whose access token is no longer good, however long they would still have run."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager

from applemusic_server.domain.errors import Reason, UnauthenticatedError, UnavailableError


class Revocation:
    """Knows the open calls of each access token."""

    def __init__(
        self,
        still_good: Callable[[Iterable[str]], Awaitable[frozenset[str]]],
        seconds: float,
    ) -> None:
        """Watch nothing yet.

        Args:
            still_good: Returns which of some tokens are good.
            seconds: How often to ask while calls are open.
        """
        self._still_good = still_good
        self._seconds = seconds
        self._tasks: defaultdict[str, set[asyncio.Task[object]]] = defaultdict(set)
        self._ended: set[asyncio.Task[object]] = set()
        self._busy = asyncio.Event()

    @asynccontextmanager
    async def watching(self, token_id: str) -> AsyncIterator[None]:
        """End the body when the token is no longer good; without one nothing is watched.

        Raises:
            UnauthenticatedError: ACCESS_TOKEN_INVALID.
        """
        task = asyncio.current_task()
        if not token_id or task is None:
            yield
            return
        self._tasks[token_id].add(task)
        self._busy.set()
        try:
            yield
        except asyncio.CancelledError:
            if task not in self._ended or task.uncancel() > 0:
                raise
            raise UnauthenticatedError(
                Reason.ACCESS_TOKEN_INVALID, "The access token was revoked or has ended."
            ) from None
        finally:
            self._ended.discard(task)
            self._tasks[token_id].discard(task)
            if not self._tasks[token_id]:
                del self._tasks[token_id]
            if not self._tasks:
                self._busy.clear()

    async def run(self) -> None:
        """Look after open calls until cancelled; sleeps while there are none."""
        while True:
            await self._busy.wait()
            await asyncio.sleep(self._seconds)
            await self.sweep()

    async def sweep(self) -> None:
        """End the calls of tokens that are no longer good."""
        watched = tuple(self._tasks)
        try:
            good = await self._still_good(watched)
        except UnavailableError:
            return  # The music plays on while the database is away; nobody can revoke meanwhile.
        for token_id in watched:
            if token_id not in good:
                for task in self._tasks.get(token_id, set()) - self._ended:
                    self._ended.add(task)
                    task.cancel()
