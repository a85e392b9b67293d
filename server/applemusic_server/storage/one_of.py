"""Looks for many rows at once, in either dialect."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, Column, ColumnElement, any_, literal
from sqlalchemy.ext.asyncio import AsyncConnection


def one_of(
    connection: AsyncConnection, column: Column[Any], values: Sequence[Any]
) -> ColumnElement[bool]:
    """Return the condition that a column has one of some values.

    On PostgreSQL the values are one array: the statement is the same for any number of them, so it
    is prepared once. SQLite has no arrays, and takes at most some 30,000 values.
    """
    if connection.dialect.name == "postgresql":
        return column == any_(literal(list(values), ARRAY(column.type)))
    return column.in_(values)
