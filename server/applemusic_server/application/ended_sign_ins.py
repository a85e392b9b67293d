"""Sign-ins that have ended, and how long they are still told of."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from applemusic_server.domain.sign_in import SignInStore

# Whoever watches one is told how it ended; after a break they have so long to ask again.
_KEPT_UNOPENED: Final = timedelta(minutes=10)
# A page that shows one may be loaded again as long as its cookie lasts.
_KEPT: Final = timedelta(hours=1)


class EndedSignIns:
    """Forgets them in time.

    Args:
        store: Where sign-ins are, for all replicas.
        now: The time now, in UTC.
    """

    def __init__(self, store: SignInStore, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def forget(self) -> None:
        """Remove those that no browser opened ten minutes after their time, others after an hour.

        Raises:
            UnavailableError: STORAGE_UNAVAILABLE.
        """
        now = self._now()
        await self._store.forget(now - _KEPT, unopened_before=now - _KEPT_UNOPENED)
