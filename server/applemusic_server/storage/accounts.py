"""Keeps accounts in the database."""

from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from applemusic_server.domain.account import Account, SubscriptionState
from applemusic_server.domain.errors import FailedPreconditionError, Reason
from applemusic_server.storage.database import Database
from applemusic_server.storage.schema import ACCOUNTS, LIBRARY_REQUESTS, LIBRARY_SNAPSHOTS
from applemusic_server.storage.token_cipher import TokenCipher
from applemusic_server.storage.unbroken import unbroken


class DatabaseAccountStore:
    """The `AccountStore` of `domain.stores`."""

    def __init__(self, database: Database, cipher: TokenCipher) -> None:
        self._database = database
        self._cipher = cipher

    @unbroken
    async def list(self) -> tuple[Account, ...]:
        """Return all accounts by id."""
        async with self._database.reading() as connection:
            rows = await connection.execute(select(ACCOUNTS).order_by(ACCOUNTS.c.id))
            return tuple(self._account(row) for row in rows)

    @unbroken
    async def get(self, account_id: str) -> Account | None:
        """Return one account."""
        async with self._database.reading() as connection:
            rows = await connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.id == account_id))
            row = rows.first()
            return None if row is None else self._account(row)

    @unbroken
    async def put(self, account: Account) -> None:
        """Store an account durably, replacing one of the same id.

        Raises:
            FailedPreconditionError: STORAGE_KEY_MISMATCH, when the account has no token to store.
        """
        values = self._values(account)
        async with self._database.writing() as connection:
            changed = await connection.execute(
                update(ACCOUNTS).where(ACCOUNTS.c.id == account.id).values(values)
            )
            if changed.rowcount == 0:
                await connection.execute(insert(ACCOUNTS).values(values))

    @unbroken
    async def delete(self, account_id: str) -> bool:
        """Remove an account and what is remembered of its library; False when there was none."""
        async with self._database.writing() as connection:
            await connection.execute(
                delete(LIBRARY_SNAPSHOTS).where(LIBRARY_SNAPSHOTS.c.account == account_id)
            )
            await connection.execute(
                delete(LIBRARY_REQUESTS).where(LIBRARY_REQUESTS.c.account == account_id)
            )
            deleted = await connection.execute(delete(ACCOUNTS).where(ACCOUNTS.c.id == account_id))
            return bool(deleted.rowcount)

    def _account(self, row: Row[Any]) -> Account:
        return Account(
            id=row.id,
            music_user_token=self._cipher.decrypt(row.id, row.encrypted_music_user_token),
            storefront=row.storefront,
            display_name=row.display_name,
            language_tags=tuple(row.language_tags.split(",")) if row.language_tags else (),
            subscription_state=SubscriptionState[row.subscription_state],
            team_id=row.team_id,
            rejected=row.rejected,
            token_first_seen_time=row.token_first_seen_time,
            token_renewed_time=row.token_renewed_time,
            last_verified_time=row.last_verified_time,
        )

    def _values(self, account: Account) -> dict[str, Any]:
        if account.music_user_token is None:
            raise FailedPreconditionError(
                Reason.STORAGE_KEY_MISMATCH,
                f"The token of account {account.id} was encrypted with another key, so the account "
                "cannot be changed. Restore the key file, or sign in again.",
            )
        return {
            "id": account.id,
            "encrypted_music_user_token": self._cipher.encrypt(
                account.id, account.music_user_token
            ),
            "storefront": account.storefront,
            "display_name": account.display_name,
            "language_tags": ",".join(account.language_tags),
            "subscription_state": account.subscription_state.name,
            "team_id": account.team_id,
            "rejected": account.rejected,
            "token_first_seen_time": account.token_first_seen_time,
            "token_renewed_time": account.token_renewed_time,
            "last_verified_time": account.last_verified_time,
        }
