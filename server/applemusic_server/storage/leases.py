"""Keeps leases in the database, so that one of several replicas does what is to be done once."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, or_, update
from sqlalchemy.exc import IntegrityError

from applemusic_server.storage.database import Database
from applemusic_server.storage.schema import LEASES
from applemusic_server.storage.unbroken import unbroken


class DatabaseLeases:
    """The `Leases` of `domain.stores`.

    Args:
        database: The one that all replicas share.
        now: The time now, in UTC. Clocks of replicas may differ by a small part of a lease.
    """

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    @unbroken
    async def acquire(self, name: str, holder: str, seconds: float) -> bool:
        """Take a lease, or prolong one that `holder` has; False while another has it."""
        now = self._now()
        values = {"holder": holder, "expire_time": now + timedelta(seconds=seconds)}
        async with self._database.writing() as connection:
            taken = await connection.execute(
                update(LEASES)
                .where(LEASES.c.name == name)
                .where(or_(LEASES.c.holder == holder, LEASES.c.expire_time <= now))
                .values(values)
            )
            if taken.rowcount:
                return True
            try:
                async with connection.begin_nested():
                    await connection.execute(insert(LEASES).values(name=name, **values))
            except IntegrityError:  # Another has it, perhaps since a moment ago.
                return False
        return True

    @unbroken
    async def release(self, name: str, holder: str) -> None:
        """Give a lease back; does nothing when `holder` does not have it."""
        async with self._database.writing() as connection:
            await connection.execute(
                delete(LEASES).where(LEASES.c.name == name, LEASES.c.holder == holder)
            )
