"""The ports to what outlives the process."""

from collections.abc import Callable
from typing import Protocol

from applemusic_server.domain.account import Account


class AccountStore(Protocol):
    """Keeps accounts, tokens encrypted. Every method may raise STORAGE_UNAVAILABLE."""

    async def list(self) -> tuple[Account, ...]:
        """Return all accounts by id; those whose token cannot be decrypted have None for it."""
        ...

    async def get(self, account_id: str) -> Account | None:
        """Return one account."""
        ...

    async def put(self, account: Account) -> None:
        """Store an account durably, replacing one of the same id.

        Raises:
            FailedPreconditionError: STORAGE_KEY_MISMATCH, when the account has no token to store.
        """
        ...

    async def update(
        self, account_id: str, change: Callable[[Account], Account | None]
    ) -> Account | None:
        """Change an account as one step, whoever else writes: another replica, another call.

        Args:
            account_id: Which one.
            change: Gets the account as it is stored, returns it as it shall be; None leaves it.
                Must neither wait nor fail.

        Returns:
            What was stored; None when there is no such account or it was left.
        """
        ...

    async def delete(self, account_id: str) -> bool:
        """Remove an account and everything of its; False when there was none."""
        ...
