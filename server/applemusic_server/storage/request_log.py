"""Keeps named requests, so that each is done once, whatever becomes of its answer."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, delete, select

from applemusic_server.domain.library_writes import RememberedRequest
from applemusic_server.storage.database import Database
from applemusic_server.storage.schema import LIBRARY_REQUESTS
from applemusic_server.storage.unbroken import unbroken
from applemusic_server.storage.upsert import upsert

KEPT: Final = timedelta(hours=24)


class DatabaseRequestLog:
    """The `RequestLog` of `domain.library_writes`."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        """Take the database and the time now, in UTC."""
        self._database = database
        self._now = now

    @unbroken
    async def find(self, account_id: str, request_id: str) -> RememberedRequest | None:
        """Return what is remembered of a request; what is older than a day is not."""
        table = LIBRARY_REQUESTS
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(table).where(
                    _named(account_id, request_id), table.c.begin_time > self._now() - KEPT
                )
            )
            row = rows.first()
        if row is None:
            return None
        outcome: Any = None if row.outcome is None else json.loads(row.outcome)
        return RememberedRequest(row.digest, row.begin_time, json.loads(row.plan), outcome)

    @unbroken
    async def put(self, account_id: str, request_id: str, request: RememberedRequest) -> None:
        """Remember a request, or more of it; requests older than a day are forgotten."""
        table = LIBRARY_REQUESTS
        async with self._database.writing() as connection:
            await connection.execute(delete(table).where(table.c.begin_time <= self._now() - KEPT))
            values = {
                "account": account_id,
                "request_id": request_id,
                "digest": request.digest,
                "begin_time": request.begin_time,
                "plan": json.dumps(dict(request.plan)),
                "outcome": None if request.outcome is None else json.dumps(dict(request.outcome)),
            }
            await connection.execute(
                upsert(connection, table, values, keys=("account", "request_id"))
            )

    @unbroken
    async def drop(self, account_id: str, request_id: str) -> None:
        """Forget a request."""
        async with self._database.writing() as connection:
            await connection.execute(delete(LIBRARY_REQUESTS).where(_named(account_id, request_id)))


def _named(account_id: str, request_id: str) -> ColumnElement[bool]:
    table = LIBRARY_REQUESTS
    return and_(table.c.account == account_id, table.c.request_id == request_id)
