"""A database that is up to date, and what is wrong with it in the domain's words.

SQLite is embedded, PostgreSQL is shared by several servers; what uses a `Database` does not know
which one it is.
"""

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from applemusic_server.domain.errors import Reason, UnavailableError
from applemusic_server.domain.observers import DatabaseObserver, SilentDatabaseObserver
from applemusic_server.domain.secret import Secret
from applemusic_server.storage import postgresql
from applemusic_server.storage.data_version import DataVersion, Version
from applemusic_server.storage.postgresql import DEFAULT_CONNECTIONS, open_postgresql
from applemusic_server.storage.schema import METADATA, REVISION
from applemusic_server.storage.sqlite import WRITES, erase_deleted, open_sqlite, settle, sqlite_url
from applemusic_server.storage.unbroken import unbroken

__all__ = ["Database", "DiskFullError", "open_database", "open_unchanged", "sqlite_url"]

_ATTEMPTS: Final = 4
_CLOSE_SECONDS: Final = 5.0
_DAMAGED: Final = "Put the last copy of it back (docs/storage.md)"
_FULL: Final = "Make room on the disk that it is on, then do it again"
# As Alembic makes it.
_VERSIONS: Final = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)

T = TypeVar("T")


class StorageError(UnavailableError):
    """The database ended a transaction.

    Attributes:
        fault: Why, in the words of `domain.observers`.
    """

    def __init__(self, what: str, fault: str) -> None:
        super().__init__(Reason.STORAGE_UNAVAILABLE, f"The database cannot be used: {what}.")
        self.fault = fault


class DiskFullError(StorageError):
    """There is no room for what was to be written; nothing was changed."""


class _ConflictError(StorageError):
    """Another transaction was in the way; nothing was changed."""


class Database:
    """A database that is up to date.

    Attributes:
        last_write_failed: For another reason than that somebody else was in the way.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        observer: DatabaseObserver | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Wrap an engine; use `open_database`."""
        self._observer: DatabaseObserver = observer or SilentDatabaseObserver()
        self._clock = clock
        self._engine = engine
        self._readers = engine
        self._version = None if self.file is None else DataVersion(self.file)
        self._at_work = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self.last_write_failed = False
        if engine.dialect.name == "postgresql":
            # All of a transaction sees the same moment, as it does with SQLite.
            self._readers = engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )

    @property
    def file(self) -> Path | None:
        """Where it is; None when another server has it."""
        url = self._engine.url
        return Path(url.database) if url.drivername.startswith("sqlite") and url.database else None

    @property
    def folder(self) -> Path | None:
        """Where its files are; None when another server has them."""
        return None if self.file is None else self.file.parent

    def version(self) -> Version | None:
        """Return what is another one after each commit of anybody; None when nobody can tell.

        With PostgreSQL, whose servers would have to be asked.
        """
        return None if self._version is None else self._version.get()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that only reads; only in coroutines that are `unbroken`.

        Raises:
            UnavailableError: STORAGE_UNAVAILABLE.
        """
        with self._observed("read"), _translated():
            async with self._readers.connect() as connection, connection.begin():
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that writes; it is on the disk when the block is left.

        Only in coroutines that are `unbroken`: one that is cancelled in the middle would leave its
        connection behind.

        With PostgreSQL others write at the same time: lock what is read before it is written
        (`with_for_update`), always in the same order; see also `write`.

        Raises:
            UnavailableError: STORAGE_UNAVAILABLE; nothing was changed, unless the connection was
                cut in the very moment of the commit.
        """
        try:
            with self._observed("write"), _translated():
                async with self._engine.connect() as connection:
                    writable = await connection.execution_options(**{WRITES: True})
                    async with writable.begin():
                        yield writable
        except _ConflictError:
            raise
        except UnavailableError:
            self.last_write_failed = True
            raise
        self.last_write_failed = False

    async def write(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Do work in a transaction that writes, and again when another one was in the way.

        Args:
            work: Changes nothing but the database: it may be called several times.

        Raises:
            UnavailableError: STORAGE_UNAVAILABLE, as `writing`.
        """
        for _ in range(_ATTEMPTS - 1):
            try:
                async with self.writing() as connection:
                    return await work(connection)
            except _ConflictError:
                continue
        async with self.writing() as connection:
            return await work(connection)

    @unbroken
    async def check(self) -> None:
        """Return if the database answers.

        Raises:
            UnavailableError: STORAGE_UNAVAILABLE.
        """
        async with self.reading() as connection:
            await connection.exec_driver_sql("SELECT 1")

    @unbroken
    async def check_writable(self) -> None:
        """Return if the database keeps what is written: something small that changes nothing.

        Raises:
            UnavailableError: STORAGE_UNAVAILABLE.
        """
        async with self.writing() as connection:
            if connection.dialect.name == "sqlite":
                # A row that is written as it was, SQLite leaves alone; its head it does not.
                await connection.exec_driver_sql("PRAGMA user_version = 0")
            else:
                same = _VERSIONS.c.version_num
                await connection.execute(update(_VERSIONS).values(version_num=same))

    @unbroken
    async def erase_deleted(self) -> bool:
        """Leave nothing of what was deleted in the files of SQLite; waits for readers, 5 s at most.

        Other databases see to it by themselves, sooner or later.

        Returns:
            Whether it is done; what is left goes with the next call, or when all is closed.
        """
        if self._engine.dialect.name != "sqlite":
            return True
        with _translated():
            return await erase_deleted(self._engine)

    @contextmanager
    def _observed(self, operation: str) -> Iterator[None]:
        begun, fault = self._clock(), ""
        self._at_work += 1
        self._idle.clear()
        try:
            yield
        except UnavailableError as error:
            if error.reason is Reason.STORAGE_UNAVAILABLE:
                # Whoever connects to PostgreSQL says in its own words that it is not there.
                fault = error.fault if isinstance(error, StorageError) else "unreachable"
            raise
        finally:
            self._at_work -= 1
            if not self._at_work:
                self._idle.set()
            self._observer.on_transaction(operation, self._clock() - begun, fault)

    async def close(self) -> None:
        """Close all connections, once the transactions under way have ended (5 s at most).

        A connection that is in use while the others are closed would never be.
        """
        # A server that goes waits no longer: the process's end closes what is left.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), _CLOSE_SECONDS)
        if self._version is not None:
            self._version.close()
        await self._engine.dispose()


async def open_database(
    url: str,
    *,
    password: Secret | None = None,
    max_connections: int = DEFAULT_CONNECTIONS,
    observer: DatabaseObserver | None = None,
) -> Database:
    """Open a database and bring it up to date; safe when several processes do so at once.

    Args:
        url: `sqlite+aiosqlite:///path`, or `postgresql://user@host/name`.
        password: Of the PostgreSQL user.
        max_connections: Most to PostgreSQL at the same time.
        observer: Is told of each transaction.

    Raises:
        UnavailableError: STORAGE_UNAVAILABLE: locked, damaged, read-only, out of reach, without
            its driver, or made by a newer version.
    """
    if url.startswith(postgresql.SCHEMES):
        engine, migrating = open_postgresql(url, password, max_connections)
    else:
        with _translated():
            engine = migrating = open_sqlite(url)
    try:
        if migrating is engine:
            with _translated():
                await settle(engine)
        await _bring_up_to_date(Database(engine), Database(migrating))
    except BaseException:
        await engine.dispose()
        raise
    finally:
        if migrating is not engine:
            await migrating.dispose()
    return Database(engine, observer)


async def open_unchanged(
    url: str, *, password: Secret | None = None
) -> tuple[Database, str | None]:
    """Open a database as it is, for who only looks: nothing is made and nothing is migrated.

    Args:
        url: As for `open_database`; the file of SQLite has to be there.
        password: Of the PostgreSQL user.

    Returns:
        The database, and the revision of its tables: `REVISION` when it is up to date, None when
        it holds none of ours. Only one that is up to date can be used.

    Raises:
        UnavailableError: STORAGE_UNAVAILABLE.
    """
    if url.startswith(postgresql.SCHEMES):
        engine, other = open_postgresql(url, password, 2)
        await other.dispose()
    else:
        with _translated():
            engine = open_sqlite(url)
    database = Database(engine)
    try:
        return database, await _revision_of(database)
    except BaseException:
        await engine.dispose()
        raise


@unbroken
async def _bring_up_to_date(database: Database, migrating: Database) -> None:
    if await _revision_of(database) == REVISION:
        return
    async with migrating.writing() as connection:
        if connection.dialect.name == "postgresql":
            await connection.run_sync(postgresql.wait_for_turn)
        await connection.run_sync(_upgrade)


@unbroken
async def _revision_of(database: Database) -> str | None:
    async with database.reading() as connection:
        return await connection.run_sync(_revision)


def _upgrade(connection: Connection) -> None:
    """Bring the schema up to date; Alembic is loaded only when there is something to migrate."""
    revision = _revision(connection)
    if revision == REVISION:
        return
    if revision is None:
        # The tables come out as all migrations would leave them: a test compares the two.
        METADATA.create_all(connection, checkfirst=False)
        _VERSIONS.create(connection)
        connection.execute(insert(_VERSIONS).values(version_num=REVISION))
        return
    from applemusic_server.storage.migrating import upgrade  # noqa: PLC0415 - costs 15 MB, 0.5 s

    upgrade(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSIONS.name):
        return None
    return connection.execute(select(_VERSIONS.c.version_num)).scalar()


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the errors of drivers into the domain's; values are never in their messages."""
    try:
        yield
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise _sqlite_trouble(error.orig) from error
        if postgresql.is_full(error):
            raise DiskFullError(f"{postgresql.describe(error)}. {_FULL}", "full") from None
        # Its details may quote rows: not even the cause is kept.
        if postgresql.is_conflict(error):
            raise _ConflictError(postgresql.describe(error), "conflict") from None
        raise StorageError(postgresql.describe(error), postgresql.fault_of(error)) from None
    except PoolTimeoutError as error:
        raise StorageError("all connections are in use", "busy") from error
    except sqlite3.Error as error:  # raised while connecting, where SQLAlchemy does not wrap it
        raise _sqlite_trouble(error) from error
    except TimeoutError as error:
        raise StorageError("it does not answer in time", "timeout") from error
    except ConnectionError as error:
        raise StorageError("the connection was lost", "unreachable") from error


def _sqlite_trouble(error: sqlite3.Error) -> UnavailableError:
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_FULL:
        return DiskFullError(f"the disk is full. {_FULL}", "full")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StorageError(f"{error}. {_DAMAGED}", "other")
    waited = code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return StorageError(str(error), "timeout" if waited else "other")
