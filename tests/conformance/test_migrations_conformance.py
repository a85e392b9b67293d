"""Both databases come up to date, however old, however many servers start at once."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from applemusic_server.domain.errors import UnavailableError
from applemusic_server.storage.database import Database, open_database, sqlite_url
from applemusic_server.storage.migrating import alembic_config, newest_revision
from applemusic_server.storage.schema import METADATA, REVISION
from tests.support.databases import Databases  # noqa: TC001 - as the other imports

FIRST = "0001"
SQLITE_SHAPE = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"
# Every column, constraint and index as PostgreSQL itself writes it.
POSTGRESQL_SHAPE = """
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull::text,
           coalesce(pg_get_expr(d.adbin, d.adrelid), '')
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
     WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0
    UNION ALL
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', ''
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT tablename, indexname, indexdef, '', '' FROM pg_indexes WHERE schemaname = 'public'
    ORDER BY 1, 2, 3
"""


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "empty.db")
    databases: Databases = request.getfixturevalue("postgresql")
    return databases.server.url(await databases.empty())


async def make_old(url: str) -> None:
    """Leave a database as the first version of the server would have."""

    def go_back(connection: Connection) -> None:
        METADATA.drop_all(connection)
        connection.execute(text("DROP TABLE alembic_version"))
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, FIRST)

    database = await open_database(url)
    async with database.writing() as connection:
        await connection.run_sync(go_back)
    await database.close()


async def shape(url: str) -> Sequence[Any]:
    database = await open_database(url)
    async with database.reading() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        rows = await connection.execute(text(SQLITE_SHAPE if is_sqlite else POSTGRESQL_SHAPE))
        found = ["".join(str(tuple(row)).split()) for row in rows]
    await database.close()
    return found


def test_the_known_revision_is_the_newest_migration() -> None:
    assert newest_revision() == REVISION


async def test_a_new_database_is_what_the_migrations_would_have_made(empty_url: str) -> None:
    made = await shape(empty_url)
    await make_old(empty_url)

    assert await shape(empty_url) == made
    assert len(made) > 5


async def test_the_migrations_make_the_tables_of_the_schema(empty_url: str) -> None:
    def differences(connection: Connection) -> Any:
        return compare_metadata(MigrationContext.configure(connection), METADATA)

    await make_old(empty_url)
    database = await open_database(empty_url)
    async with database.reading() as connection:
        assert await connection.run_sync(differences) == []
    await database.close()


@pytest.mark.parametrize("old", [False, True], ids=["empty", "old"])
async def test_several_servers_may_start_at_once(empty_url: str, old: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    if old:
        await make_old(empty_url)

    databases = await asyncio.gather(*(open_database(empty_url) for _ in range(6)))

    for database in databases:
        async with database.reading() as connection:
            rows = await connection.execute(text("SELECT version_num FROM alembic_version"))
            assert [row[0] for row in rows] == [REVISION]
        await database.close()


async def test_a_migration_that_fails_changes_nothing(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_old(empty_url)
    real = command.upgrade

    def fail_at_the_end(*arguments: Any) -> None:
        real(*arguments)
        raise RuntimeError("the power went")

    monkeypatch.setattr(command, "upgrade", fail_at_the_end)
    with pytest.raises(RuntimeError):
        await open_database(empty_url)
    monkeypatch.undo()

    await (await open_database(empty_url)).close()


async def test_a_newer_schema_is_refused(database: Database, database_url: str) -> None:
    async with database.writing() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(UnavailableError, match="newer version"):
        await open_database(database_url)


async def test_tables_of_somebody_else_are_left_alone(empty_url: str) -> None:
    """A database that has a table `accounts` and never was ours."""
    database = await open_database(empty_url)
    async with database.writing() as connection:
        await connection.exec_driver_sql("DROP TABLE alembic_version")
    await database.close()

    with pytest.raises(UnavailableError, match=r"already exists"):
        await open_database(empty_url)
