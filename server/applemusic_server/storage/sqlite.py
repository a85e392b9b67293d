"""Opens an SQLite database: embedded, for one server."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from applemusic_server.storage.opened_file import OpenedFile
from applemusic_server.storage.private_file import make_private
from applemusic_server.storage.unbroken import unbroken

# Set on a connection that is going to write.
WRITES: Final = "applemusic_writes"
_BUSY_SECONDS: Final = 5.0
_PAUSE_SECONDS: Final = 0.02
_PRAGMAS: Final = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")


def sqlite_url(path: Path) -> str:
    """Return the URL of an SQLite database in a file."""
    return f"sqlite+aiosqlite:///{path}"


def open_sqlite(url: str) -> AsyncEngine:
    """Return an engine whose commits are durable and whose transactions are explicit.

    A file that is not there yet is made for its owner alone.

    Raises:
        sqlite3.Error: The file cannot be opened or is no database.
    """
    engine = create_async_engine(
        url,
        hide_parameters=True,
        pool_timeout=_BUSY_SECONDS,
        connect_args={"timeout": _BUSY_SECONDS},
    )
    if engine.url.database:
        make_private(Path(engine.url.database))
    _probe(engine)
    _tune(engine)
    if engine.url.database:
        _keep_to(OpenedFile(Path(engine.url.database)), engine)
    return engine


@unbroken
async def settle(engine: AsyncEngine) -> None:
    """Connect for the first time, which gives a new database its write-ahead log.

    Of several that do so at once SQLite tells one that the file is locked, without waiting: two
    that read and are about to write would wait for each other.

    Raises:
        OperationalError: The file cannot be used, or was locked for 5 s.
    """
    for _ in range(round(_BUSY_SECONDS / _PAUSE_SECONDS)):
        try:
            async with engine.connect():
                return
        except OperationalError as error:
            if getattr(error.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY:
                raise
        await asyncio.sleep(_PAUSE_SECONDS)
    async with engine.connect():
        return


async def erase_deleted(engine: AsyncEngine) -> bool:
    """Leave nothing of what was deleted in the files; False when somebody reads just now.

    What is deleted is overwritten where it stood (`secure_delete`), but the write-ahead log still
    has it, and the database itself until the log is carried over.
    """
    async with engine.connect() as connection:
        # Not through SQLAlchemy, which begins a transaction, in which this cannot be done.
        driver: Any = (await connection.get_raw_connection()).driver_connection
        cursor = await driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        busy, *_ = await cursor.fetchone()
        await cursor.close()
        return not busy


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
                for pragma in _PRAGMAS:
                    cursor.execute(f"PRAGMA {pragma}")
        except sqlite3.Error:
            connection.close()
            raise

    def on_begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    event.listen(engine.sync_engine, "connect", on_connect)
    event.listen(engine.sync_engine, "begin", on_begin)


def _keep_to(file: OpenedFile, engine: AsyncEngine) -> None:
    """Write to no file that nobody will find again, and make no new one in its place.

    Those who read go on with the connections that there are: music plays on.
    """

    def on_connect(*_: Any) -> None:
        file.check()

    def on_begin(connection: Connection) -> None:
        if connection.get_execution_options().get(WRITES, False):
            file.check()

    event.listen(engine.sync_engine, "do_connect", on_connect)
    # Before the transaction begins, which would have to be ended.
    event.listen(engine.sync_engine, "begin", on_begin, insert=True)
