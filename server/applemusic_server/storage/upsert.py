"""Inserts rows, or changes those that are there already, in either dialect."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection


def upsert(
    connection: AsyncConnection,
    table: Table,
    values: Mapping[str, Any],
    *,
    keys: Sequence[str],
    change: Sequence[str] | None = None,
) -> Any:
    """Return a statement that inserts a row, or changes the one of the same keys; atomic.

    Args:
        connection: Whose dialect counts.
        table: Has a primary key or unique constraint on exactly `keys`.
        values: Of the whole row, by column.
        keys: Columns.
        change: What to change in a row that is there; None for all that are not keys.
    """
    # Imported here: the dialect that is not used costs memory and buys nothing.
    dialect: Any
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql as dialect  # noqa: PLC0415 - as above
    else:
        from sqlalchemy.dialects import sqlite as dialect  # noqa: PLC0415 - as above
    statement = dialect.insert(table).values(**values)
    if change is None:
        change = [name for name in values if name not in keys]
    # Something has to be "changed", or nothing is returned of a row that is there.
    changed = {name: statement.excluded[name] for name in (change or keys[:1])}
    return statement.on_conflict_do_update(index_elements=list(keys), set_=changed)
