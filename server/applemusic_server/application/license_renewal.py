"""Renews the licence of a song while it plays, where Apple said so."""

import asyncio
from collections.abc import Awaitable, Callable

from applemusic_server.domain.errors import AppleMusicError, Reason, UnavailableError

# However soon Apple wants it, and after a renewal that failed for a reason that passes.
_LEAST_SECONDS = 30.0
_AGAIN_SECONDS = 10.0


class LicenseRenewal:
    """Asks for another licence when the present one is due, beside the song.

    The song goes on meanwhile with the key that it has. What Apple refuses for good ends it:
    another device may be playing now, or the subscription may have ended.

    Args:
        ask: Asks, and returns after how many seconds the new licence is due; None is never.
        due: When the present licence is due, by the clock; None is never.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        ask: Callable[[], Awaitable[float | None]],
        due: float | None,
        clock: Callable[[], float],
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._due = None if due is None else max(due, clock())
        self._task: asyncio.Future[float | None] | None = None
        self._count = 0

    @property
    def count(self) -> int:
        """How many renewals succeeded."""
        return self._count

    def look(self) -> None:
        """Begin what is due and end what is done; call it now and then while the song plays.

        Raises:
            AppleMusicError: Apple does not grant it any more.
        """
        if self._task is not None and self._task.done():
            task, self._task = self._task, None
            self._end(task)
        if self._task is None and self._due is not None and self._clock() >= self._due:
            self._task = asyncio.ensure_future(self._ask())

    async def aclose(self) -> None:
        """Stop what is under way. A second call does nothing."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _end(self, task: "asyncio.Future[float | None]") -> None:
        now = self._clock()
        try:
            seconds = task.result()
        except AppleMusicError as error:
            if not isinstance(error, UnavailableError) and (
                error.reason is not Reason.UPSTREAM_THROTTLED
            ):
                raise
            self._due = now + _AGAIN_SECONDS
        else:
            self._count += 1
            self._due = None if seconds is None else now + max(seconds, _LEAST_SECONDS)
