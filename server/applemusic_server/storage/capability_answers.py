"""Keeps in the database what Apple said about what accounts may do."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import select

from applemusic_server.domain.capability import Capability, CapabilityAnswer, KnownAnswer
from applemusic_server.storage.database import Database
from applemusic_server.storage.schema import ACCOUNTS, CAPABILITY_ANSWERS
from applemusic_server.storage.unbroken import unbroken
from applemusic_server.storage.upsert import upsert

# A newer server on the same database may know more; its rows are left alone.
_CAPABILITIES: Final = frozenset(each.value for each in Capability)
_ANSWERS: Final = frozenset(each.value for each in CapabilityAnswer)


class DatabaseCapabilityStore:
    """The `CapabilityStore` of `domain.capability`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @unbroken
    async def of(self, account_id: str) -> Mapping[Capability, KnownAnswer]:
        """Return what is kept of an account, also what is past its time."""
        table = CAPABILITY_ANSWERS
        async with self._database.reading() as connection:
            rows = await connection.execute(select(table).where(table.c.account == account_id))
            return {
                Capability(row.capability): KnownAnswer(
                    CapabilityAnswer(row.answer), row.expire_time
                )
                for row in rows
                if row.capability in _CAPABILITIES and row.answer in _ANSWERS
            }

    @unbroken
    async def put(
        self,
        account_id: str,
        answers: Mapping[Capability, KnownAnswer],
        sign_in_time: datetime | None = None,
    ) -> bool:
        """Keep answers; False for an account that is not stored, or signed in anew meanwhile."""
        async with self._database.writing() as connection:
            # The lock on the account keeps it from being signed out, or in anew, in between.
            known = await connection.execute(
                select(ACCOUNTS.c.token_first_seen_time)
                .where(ACCOUNTS.c.id == account_id)
                .with_for_update()
            )
            row = known.first()
            if row is None or sign_in_time not in (None, row.token_first_seen_time):
                return False
            # In one order everywhere: two writers never wait for each other's rows.
            for capability, each in sorted(answers.items()):
                values = {
                    "account": account_id,
                    "capability": capability.value,
                    "answer": each.answer.value,
                    "expire_time": each.expire_time,
                }
                keys = ("account", "capability")
                await connection.execute(upsert(connection, CAPABILITY_ANSWERS, values, keys=keys))
        return True
