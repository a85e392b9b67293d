"""Keeps accounts in the database."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Delete, Row, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from applemusic_server.domain.account import Account, SubscriptionState
from applemusic_server.domain.errors import FailedPreconditionError, Reason
from applemusic_server.storage.data_version import Version
from applemusic_server.storage.database import Database
from applemusic_server.storage.schema import (
    ACCOUNTS,
    CAPABILITY_ANSWERS,
    LIBRARY_REQUESTS,
    LIBRARY_SNAPSHOTS,
    SIGN_INS,
    TOKEN_CARE,
)
from applemusic_server.storage.shared_reads import SharedReads
from applemusic_server.storage.sign_ins import OPEN_STATES
from applemusic_server.storage.table_lock import lock_table
from applemusic_server.storage.token_cipher import TokenCipher
from applemusic_server.storage.unbroken import unbroken
from applemusic_server.storage.upsert import upsert


@dataclass
class _Known:
    """What was read of a database that nobody has changed since."""

    version: Version
    each: dict[str, Account] = field(default_factory=dict)
    all: tuple[Account, ...] | None = None


class DatabaseAccountStore:
    """The `AccountStore` of `domain.stores`.

    Each song that starts asks for its account: what was read from SQLite is good until somebody
    commits, whoever it is.
    """

    def __init__(self, database: Database, cipher: TokenCipher) -> None:
        self._database = database
        self._cipher = cipher
        self._reads = SharedReads(self._read)
        self._known: _Known | None = None

    async def list(self) -> tuple[Account, ...]:
        """Return all accounts by id, as they are stored now."""
        known = self._known_now()
        if known is None:
            return await self._list()
        if known.all is None:
            known.all = await self._list()
        return known.all

    async def get(self, account_id: str) -> Account | None:
        """Return one account, as it is stored now."""
        known = self._known_now()
        if known is None:
            return await self._get(account_id)
        if account_id not in known.each:
            found = await self._get(account_id)
            if found is None:
                return None
            known.each[account_id] = found
        return known.each[account_id]

    def _known_now(self) -> "_Known | None":
        """What was read since somebody committed; None where nobody can tell.

        What is read after it was asked for is at worst newer, and then read once more.
        """
        version = self._database.version()
        if version is None:
            return None
        if self._known is None or self._known.version != version:
            self._known = _Known(version)
        return self._known

    @unbroken
    async def _list(self) -> tuple[Account, ...]:
        async with self._database.reading() as connection:
            rows = (await connection.execute(select(ACCOUNTS))).all()
        # Sorted here: a database sorts by the rules of the language that it was made with.
        return tuple(self._account(row) for row in sorted(rows, key=lambda row: str(row.id)))

    @unbroken
    async def _get(self, account_id: str) -> Account | None:
        return await self._reads.get(account_id)

    async def _read(self, ids: Collection[str]) -> dict[str, Account]:
        async with self._database.reading() as connection:
            rows = (await connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.id.in_(ids)))).all()
        return {row.id: self._account(row) for row in rows}

    @unbroken
    async def put(
        self,
        account: Account,
        *,
        check: Callable[[Collection[Account]], None] | None = None,
    ) -> None:
        """Store an account durably, replacing one of the same id.

        What Apple said about what the account may do is forgotten: this is a sign-in, and it may
        be somebody else's.

        Args:
            account: What to store.
            check: Is shown all accounts as they are stored; what it raises is raised, and nothing
                is stored then.

        Raises:
            FailedPreconditionError: STORAGE_KEY_MISMATCH, when the account has no token to store.
        """
        async with self._database.writing() as connection:
            if check is not None:
                # An account that is only just being made has no row that could be locked.
                await lock_table(connection, ACCOUNTS)
                check([self._account(row) for row in await connection.execute(select(ACCOUNTS))])
            await self._lock(connection, account.id)
            values = self._values(account)
            await connection.execute(upsert(connection, ACCOUNTS, values, keys=("id",)))
            await connection.execute(_without_capabilities(account.id))

    @unbroken
    async def update(
        self, account_id: str, change: Callable[[Account], Account | None]
    ) -> Account | None:
        """Change an account in one transaction; another writer's change comes before or after.

        Returns:
            What was stored; None when there is no such account or `change` left it.

        Raises:
            FailedPreconditionError: STORAGE_KEY_MISMATCH, when the changed one has no token.
        """
        async with self._database.writing() as connection:
            found = await self._lock(connection, account_id)
            changed = None if found is None else change(self._account(found))
            if changed is not None:
                row = ACCOUNTS.c.id == account_id
                await connection.execute(update(ACCOUNTS).where(row).values(self._values(changed)))
            return changed

    @unbroken
    async def delete(self, account_id: str) -> bool:
        """Remove an account and what is remembered of it, from the files of SQLite, too.

        Returns:
            False when there was none.
        """
        snapshots = LIBRARY_SNAPSHOTS
        of_account = snapshots.c.account == account_id

        async def remove(connection: AsyncConnection) -> bool:
            # Whoever writes a library locks its snapshot first; so does this, in a fixed order.
            await connection.execute(
                select(snapshots.c.id).where(of_account).order_by(snapshots.c.id).with_for_update()
            )
            await connection.execute(delete(snapshots).where(of_account))
            await connection.execute(
                delete(LIBRARY_REQUESTS).where(LIBRARY_REQUESTS.c.account == account_id)
            )
            await connection.execute(delete(TOKEN_CARE).where(TOKEN_CARE.c.account == account_id))
            await connection.execute(_without_capabilities(account_id))
            # Ended ones hold the listener's name; one that is open is somebody coming, not going.
            await connection.execute(
                delete(SIGN_INS).where(
                    SIGN_INS.c.account == account_id, SIGN_INS.c.state.not_in(OPEN_STATES)
                )
            )
            deleted = await connection.execute(delete(ACCOUNTS).where(ACCOUNTS.c.id == account_id))
            return bool(deleted.rowcount)

        was_there = await self._database.write(remove)
        self._known = None
        await self._database.erase_deleted()
        return was_there

    @staticmethod
    async def _lock(connection: AsyncConnection, account_id: str) -> Row[Any] | None:
        """Return the row, and keep others from changing it until the transaction ends.

        Also done where there is none yet: what is encrypted afterwards is encrypted with the key
        that counts, for a rotation of the key locks out whoever holds such a lock.
        """
        wanted = select(ACCOUNTS).where(ACCOUNTS.c.id == account_id).with_for_update()
        return (await connection.execute(wanted)).first()

    def _account(self, row: Row[Any]) -> Account:
        return Account(
            id=row.id,
            music_user_token=self._cipher.decrypt(row.id, row.encrypted_music_user_token),
            storefront=row.storefront,
            display_name=row.display_name,
            language_tags=tuple(row.language_tags.split(",")) if row.language_tags else (),
            subscription_state=_subscription(row.subscription_state),
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


def _without_capabilities(account_id: str) -> Delete:
    return delete(CAPABILITY_ANSWERS).where(CAPABILITY_ANSWERS.c.account == account_id)


def _subscription(name: str) -> SubscriptionState:
    """Return a state; one that only a newer server knows is unknown here.

    One row that cannot be read must not hide all the other accounts.
    """
    return SubscriptionState.__members__.get(name, SubscriptionState.UNKNOWN)
