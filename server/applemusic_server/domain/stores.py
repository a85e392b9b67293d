"""The ports to what outlives the process."""

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

    async def replace(self, before: Account, after: Account) -> bool:
        """Store an account if it is still as it was read; False when it changed or is gone.

        Several servers may share a store: what was decided on an old account must not undo what
        another server did meanwhile.

        Raises:
            FailedPreconditionError: STORAGE_KEY_MISMATCH, when the account has no token to store.
        """
        ...

    async def delete(self, account_id: str) -> bool:
        """Remove an account and everything of its; False when there was none."""
        ...
