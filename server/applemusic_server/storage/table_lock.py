"""A table that one transaction alone writes."""

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection


async def lock_table(connection: AsyncConnection, table: Table) -> None:
    """Wait for those that are about to write, and let nobody begin, until the transaction ends.

    Who only reads goes on. SQLite has one writer anyway. In PostgreSQL this comes first in its
    transaction: who locks a row before waits for somebody who waits for them.
    """
    if connection.dialect.name == "postgresql":
        await connection.exec_driver_sql(f'LOCK TABLE "{table.name}" IN EXCLUSIVE MODE')
