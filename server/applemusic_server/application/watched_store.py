"""Notices what other servers change in a store that they share with this one."""

from collections.abc import Callable, Collection

from applemusic_server.domain.account import Account
from applemusic_server.domain.stores import AccountStore


class WatchedAccountStore:
    """An `AccountStore` that tells when it reads an account that is not as this server left it.

    Almost every call for a listener reads their account, so what is remembered of an account
    elsewhere in this process is forgotten before it is used: no clock and no messages between
    servers are needed.

    Args:
        store: The store itself.
        on_change: Is told the id of an account that another server changed, made or removed; must
            neither wait nor fail. It is told of the first sight of an account, too.
    """

    def __init__(self, store: AccountStore, on_change: Callable[[str], None]) -> None:
        self._store = store
        self._on_change = on_change
        self._known: dict[str, Account] = {}

    async def list(self) -> tuple[Account, ...]:
        """As `AccountStore`."""
        accounts = await self._store.list()
        for account in accounts:
            self._notice(account.id, account)
        for gone in self._known.keys() - {account.id for account in accounts}:
            self._notice(gone, None)
        return accounts

    async def get(self, account_id: str) -> Account | None:
        """As `AccountStore`."""
        account = await self._store.get(account_id)
        if account is not None or account_id in self._known:
            self._notice(account_id, account)
        return account

    async def put(
        self,
        account: Account,
        *,
        check: Callable[[Collection[Account]], None] | None = None,
    ) -> None:
        """As `AccountStore`."""
        await self._store.put(account, check=check)
        self._known[account.id] = account

    async def update(
        self, account_id: str, change: Callable[[Account], Account | None]
    ) -> Account | None:
        """As `AccountStore`."""

        def noticed(account: Account) -> Account | None:
            self._notice(account_id, account)
            return change(account)

        changed = await self._store.update(account_id, noticed)
        if changed is not None:
            self._known[account_id] = changed
        return changed

    async def delete(self, account_id: str) -> bool:
        """As `AccountStore`."""
        deleted = await self._store.delete(account_id)
        self._known.pop(account_id, None)
        return deleted

    def _notice(self, account_id: str, account: Account | None) -> None:
        if account is None:
            # Ids of accounts that are gone are not kept for ever: anybody may ask for any.
            changed = self._known.pop(account_id, None) is not None
        else:
            known = self._known.get(account_id)
            changed = known is None or _matters(known) != _matters(account)
            self._known[account_id] = account
        if changed:
            self._on_change(account_id)


def _matters(account: Account) -> tuple[object, ...]:
    """What other parts of the server remember an account by; not when it was last looked at."""
    return (
        account.music_user_token,
        account.storefront,
        account.language_tags,
        account.team_id,
        account.rejected,
    )
