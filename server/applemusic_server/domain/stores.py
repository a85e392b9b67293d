"""The ports to what outlives the process."""

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from applemusic_server.domain.account import Account
from applemusic_server.domain.token_care import TokenCare


class AccountStore(Protocol):
    """Keeps accounts, tokens encrypted. Every method may raise STORAGE_UNAVAILABLE."""

    async def list(self) -> tuple[Account, ...]:
        """Return all accounts by id; those whose token cannot be decrypted have None for it."""
        ...

    async def get(self, account_id: str) -> Account | None:
        """Return one account."""
        ...

    async def put(
        self,
        account: Account,
        *,
        check: Callable[[Collection[Account]], None] | None = None,
    ) -> None:
        """Store an account durably, replacing one of the same id.

        Args:
            account: What to store.
            check: Is shown all accounts as they are stored, in one step with storing, whoever else
                writes. What it raises is raised, and nothing is stored then. Must not wait.

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


class TokenCareStore(Protocol):
    """Remembers what was done for user tokens. Every method may raise STORAGE_UNAVAILABLE."""

    async def all(self) -> Mapping[str, TokenCare]:
        """Return what is remembered, by account id."""
        ...

    async def put(self, account_id: str, care: TokenCare) -> None:
        """Remember; does nothing for an account that is not stored."""
        ...


class Leases(Protocol):
    """Lets one of several replicas do something. Every method may raise STORAGE_UNAVAILABLE."""

    async def acquire(self, name: str, holder: str, seconds: float) -> bool:
        """Take a lease, or prolong one that `holder` has; False while another has it.

        Args:
            name: What is to be done, at most 128 characters.
            holder: Who wants to do it; every process has a name of its own.
            seconds: How long until another may take it if it is not given back.
        """
        ...

    async def release(self, name: str, holder: str) -> None:
        """Give a lease back; does nothing when `holder` does not have it."""
        ...
