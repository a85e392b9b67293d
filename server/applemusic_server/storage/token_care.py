"""Keeps in the database what was done for user tokens."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, insert, select, update

from applemusic_server.domain.token_care import TokenCare
from applemusic_server.storage.database import Database
from applemusic_server.storage.schema import ACCOUNTS, TOKEN_CARE
from applemusic_server.storage.unbroken import unbroken


class DatabaseTokenCareStore:
    """The `TokenCareStore` of `domain.stores`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @unbroken
    async def all(self) -> Mapping[str, TokenCare]:
        """Return what is remembered, by account id."""
        async with self._database.reading() as connection:
            rows = await connection.execute(select(TOKEN_CARE))
            return {row.account: _care(row) for row in rows}

    @unbroken
    async def put(self, account_id: str, care: TokenCare) -> None:
        """Remember; does nothing for an account that is not stored."""
        values = {
            "token_time": care.token_time,
            "warned_days": care.warned_days,
            "failures": care.failures,
            "next_attempt_time": care.next_attempt_time,
        }
        async with self._database.writing() as connection:
            # The lock on the account keeps it from being signed out in between.
            known = await connection.execute(
                select(ACCOUNTS.c.id).where(ACCOUNTS.c.id == account_id).with_for_update()
            )
            if known.first() is None:
                return
            changed = await connection.execute(
                update(TOKEN_CARE).where(TOKEN_CARE.c.account == account_id).values(values)
            )
            if changed.rowcount == 0:
                await connection.execute(insert(TOKEN_CARE).values(account=account_id, **values))


def _care(row: Row[Any]) -> TokenCare:
    return TokenCare(row.token_time, row.warned_days, row.failures, row.next_attempt_time)
