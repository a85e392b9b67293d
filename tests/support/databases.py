"""Fixtures for what is to work on SQLite and on PostgreSQL alike.

A test that takes `database` runs twice, once on each; so does one that takes `database_url`. A test
that takes `postgresql` runs on PostgreSQL alone. Every test has a database of its own, empty and up
to date; on PostgreSQL it is copied from a template:

    async def test_it_is_kept(database: Database) -> None:
        store = DatabaseSomething(database)
        ...

For what two replicas do, open `database_url` a second time.
"""

import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from applemusic_server.storage.database import Database, open_database, sqlite_url
from tests.support.postgresql import PostgresServer, find_programs

_TEMPLATE = "up_to_date"


class Databases:
    """Makes databases on a PostgreSQL server."""

    def __init__(self, server: PostgresServer) -> None:
        """Take a server that runs."""
        self.server = server
        self._numbers = itertools.count(1)
        self._has_template = False

    async def execute(self, statement: str, database: str = "postgres") -> list[Any]:
        """Do a statement as another program would."""
        import asyncpg  # noqa: PLC0415 - an extra: without it these tests are skipped

        connection = await asyncpg.connect(self.server.url(database))
        try:
            return list(await connection.fetch(statement))
        finally:
            await connection.close()

    async def empty(self) -> str:
        """Return the name of a new database without tables."""
        name = f"test{next(self._numbers)}"
        await self.execute(f"CREATE DATABASE {name}")
        return name

    async def up_to_date(self) -> str:
        """Return the name of a new database with empty tables."""
        if not self._has_template:
            await self.execute(f"CREATE DATABASE {_TEMPLATE}")
            await (await open_database(self.server.url(_TEMPLATE))).close()
            self._has_template = True
        name = f"test{next(self._numbers)}"
        await self.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
        return name


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Databases]:
    """A PostgreSQL server for the whole run, with a password; databases are made on it."""
    pytest.importorskip("asyncpg", reason="asyncpg is not installed: nothing runs on PostgreSQL")
    programs = find_programs()
    if programs is None:
        pytest.skip(
            "PostgreSQL is not installed: nothing runs on it. Debian: apt-get install postgresql"
        )
    with PostgresServer(programs) as server:
        yield Databases(server)


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of a database that is empty and up to date, on each of the two."""
    if request.param == "sqlite":
        url = sqlite_url(tmp_path / "server.db")
        await (await open_database(url)).close()
        return url
    databases: Databases = request.getfixturevalue("postgresql")
    return databases.server.url(await databases.up_to_date())


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database that is empty and up to date, on each of the two."""
    opened = await open_database(database_url)
    yield opened
    await opened.close()
