"""Opens the database, brings it up to date, and says in the domain's words what is wrong with it.

SQLite is embedded; nothing outside this module depends on which database it is.
"""

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, event, inspect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from applemusic_server.domain.errors import Reason, UnavailableError
from applemusic_server.storage.schema import REVISION
from applemusic_server.storage.unbroken import unbroken

_BUSY_SECONDS: Final = 5.0
_WRITES: Final = "applemusic_writes"


class Database:
    """A database that is up to date."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Wrap an engine; use `open_database`."""
        self._engine = engine

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that only reads.

        Raises:
            UnavailableError: STORAGE_UNAVAILABLE.
        """
        with _translated():
            async with self._engine.connect() as connection, connection.begin():
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that writes; it is on the disk when the block is left.

        Raises:
            UnavailableError: STORAGE_UNAVAILABLE.
        """
        with _translated():
            async with self._engine.connect() as connection:
                writable = await connection.execution_options(**{_WRITES: True})
                async with writable.begin():
                    yield writable

    @unbroken
    async def check(self) -> None:
        """Return if the database answers.

        Raises:
            UnavailableError: STORAGE_UNAVAILABLE.
        """
        async with self.reading() as connection:
            await connection.exec_driver_sql("SELECT 1")

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()


async def open_database(url: str) -> Database:
    """Open a database and bring it up to date; safe when several processes do so at once.

    Args:
        url: As SQLAlchemy names it, with an asynchronous driver.

    Raises:
        UnavailableError: STORAGE_UNAVAILABLE: locked, damaged, read-only, or made by a newer
            version.
    """
    engine = create_async_engine(
        url, hide_parameters=True, pool_timeout=_BUSY_SECONDS, connect_args=_connect_args(url)
    )
    if engine.dialect.name == "sqlite":
        _probe_sqlite(engine)
        _tune_sqlite(engine)
    database = Database(engine)
    try:
        async with database.writing() as connection:
            await connection.run_sync(_upgrade)
    except BaseException:
        await engine.dispose()
        raise
    return database


def sqlite_url(path: Path) -> str:
    """Return the URL of an SQLite database in a file."""
    return f"sqlite+aiosqlite:///{path}"


def _connect_args(url: str) -> dict[str, Any]:
    return {"timeout": _BUSY_SECONDS} if url.startswith("sqlite") else {}


def _probe_sqlite(engine: AsyncEngine) -> None:
    """Find out in this thread whether the file can be opened and is a database.

    The asynchronous driver leaves a thread behind when the very opening fails, which complains
    once the event loop is gone.
    """
    with _translated(), contextlib.closing(sqlite3.connect(engine.url.database or "")) as probe:
        probe.execute("PRAGMA schema_version")


def _tune_sqlite(engine: AsyncEngine) -> None:
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
        immediate = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    event.listen(engine.sync_engine, "connect", on_connect)
    event.listen(engine.sync_engine, "begin", on_begin)


def _upgrade(connection: Connection) -> None:
    """Bring the schema up to date; Alembic is loaded only when there is something to do."""
    if _revision(connection) == REVISION:
        return
    from applemusic_server.storage.migrating import upgrade  # noqa: PLC0415 - costs 11 MB, 0.5 s

    upgrade(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the errors of drivers into the domain's; values are never in their messages."""
    try:
        yield
    except DBAPIError as error:
        raise _unusable(str(error.orig)) from error
    except PoolTimeoutError as error:
        raise _unusable("all connections are in use") from error
    except sqlite3.Error as error:  # raised while connecting, where SQLAlchemy does not wrap it
        raise _unusable(str(error)) from error


def _unusable(what: str) -> UnavailableError:
    return UnavailableError(Reason.STORAGE_UNAVAILABLE, f"The database cannot be used: {what}.")
