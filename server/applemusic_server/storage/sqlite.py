"""Opens an SQLite database: embedded, for one server."""

import contextlib
import sqlite3
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

# Set on a connection that is going to write.
WRITES: Final = "applemusic_writes"
_BUSY_SECONDS: Final = 5.0


def sqlite_url(path: Path) -> str:
    """Return the URL of an SQLite database in a file."""
    return f"sqlite+aiosqlite:///{path}"


def open_sqlite(url: str) -> AsyncEngine:
    """Return an engine whose commits are durable and whose transactions are explicit.

    Raises:
        sqlite3.Error: The file cannot be opened or is no database.
    """
    engine = create_async_engine(
        url,
        hide_parameters=True,
        pool_timeout=_BUSY_SECONDS,
        connect_args={"timeout": _BUSY_SECONDS},
    )
    _probe(engine)
    _tune(engine)
    return engine


def _probe(engine: AsyncEngine) -> None:
    """Find out in this thread whether the file can be opened and is a database.

    The asynchronous driver leaves a thread behind when the very opening fails, which complains
    once the event loop is gone.
    """
    with contextlib.closing(sqlite3.connect(engine.url.database or "")) as probe:
        probe.execute("PRAGMA schema_version")


def _tune(engine: AsyncEngine) -> None:
    """Make commits durable, and transactions explicit.

    The driver begins transactions by itself, and only before some statements; told not to, it
    leaves them to the `begin` event. A writer takes the lock at once, so that two that read before
    they write cannot block each other for good.
    """

    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        try:
            with contextlib.closing(connection.cursor()) as cursor:
                for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                    cursor.execute(f"PRAGMA {pragma}")
        except sqlite3.Error:
            connection.close()
            raise

    def on_begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    event.listen(engine.sync_engine, "connect", on_connect)
    event.listen(engine.sync_engine, "begin", on_begin)
