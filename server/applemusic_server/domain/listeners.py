"""The port to the accounts: who is listening."""

from typing import Protocol

from applemusic_server.domain.gateways import Listener


class Listeners(Protocol):
    """Knows the listeners; `application.accounts` is the one."""

    async def resolve(self, account: str) -> Listener:
        """Return who an account id names; an empty one names the only account.

        Raises:
            FailedPreconditionError: ACCOUNT_REQUIRED, it is empty and there are several, or none.
            NotFoundError: ACCOUNT_NOT_FOUND.
            UnauthenticatedError: MUSIC_USER_TOKEN_REJECTED, known to be dead.
        """
        ...

    async def mark_rejected(self, listener: Listener) -> None:
        """Hear that Apple refused the token of `listener`; remembered if Apple confirms it.

        Raises:
            UnavailableError: STORAGE_UNAVAILABLE.
        """
        ...
