"""Notices what other servers change in a store that they share with this one."""

from collections.abc import Callable, Collection
from typing import Protocol

from applemusic_server.domain.account import Account
from applemusic_server.domain.stores import AccountStore


class Witness(Protocol):
    """Knows accounts as they were last; see `application.account_events`."""

    @property
    def told(self) -> int:
        """How many changes were told: what was read before the last one is out of date."""
        ...

    def seen(self, account_id: str, account: Account | None, told: int) -> None:
        """Hear how one account is stored, None for not at all; `told` is from before reading."""
        ...

    def seen_all(self, accounts: Collection[Account], told: int) -> None:
        """Hear how all accounts are stored."""
        ...


class WatchedAccountStore:
    """An `AccountStore` that shows a witness what it reads.

    Almost every call for a listener reads their account, so what another server did is known here
    before it matters: no clock and no messages between servers are needed for that.

    Args:
        store: The store itself.
        witness: Compares.
    """

    def __init__(self, store: AccountStore, witness: Witness) -> None:
        self._store = store
        self._witness = witness

    async def list(self) -> tuple[Account, ...]:
        """As `AccountStore`."""
        told = self._witness.told
        accounts = await self._store.list()
        self._witness.seen_all(accounts, told)
        return accounts

    async def get(self, account_id: str) -> Account | None:
        """As `AccountStore`."""
        told = self._witness.told
        account = await self._store.get(account_id)
        self._witness.seen(account_id, account, told)
        return account

    async def put(
        self,
        account: Account,
        *,
        check: Callable[[Collection[Account]], None] | None = None,
    ) -> None:
        """As `AccountStore`; whoever calls it tells of it."""
        await self._store.put(account, check=check)

    async def update(
        self, account_id: str, change: Callable[[Account], Account | None]
    ) -> Account | None:
        """As `AccountStore`; whoever calls it tells of it."""
        return await self._store.update(account_id, change)

    async def delete(self, account_id: str) -> bool:
        """As `AccountStore`; whoever calls it tells of it."""
        return await self._store.delete(account_id)
