"""Stages on both databases; each begins with empty tables, since each example needs its own."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from applemusic_server.storage.database import Database, open_database, sqlite_url
from applemusic_server.storage.schema import METADATA
from tests.support.databases import Databases  # noqa: TC001 - as the other imports
from tests.support.library import OpenStage, SyncStage, sync_stage

KEY = Fernet.generate_key()


@pytest.fixture(params=["sqlite", "postgresql"])
async def open_stage(request: pytest.FixtureRequest, tmp_path: Path) -> OpenStage:
    """Opens stages, each with a database of its own."""
    count = iter(range(1_000_000))
    fresh = tmp_path / "fresh.db"
    await (await open_database(sqlite_url(fresh))).close()

    if request.param == "postgresql":
        databases: Databases = request.getfixturevalue("postgresql")
        shared = databases.server.url(await databases.up_to_date())

    async def empty() -> Database:
        if request.param == "sqlite":
            path = tmp_path / f"{next(count)}.db"
            shutil.copy(fresh, path)  # faster than making the tables again
            return await open_database(sqlite_url(path))
        database = await open_database(shared)
        async with database.writing() as connection:
            for table in reversed(METADATA.sorted_tables):
                await connection.execute(table.delete())
        return database

    @asynccontextmanager
    async def opened() -> AsyncIterator[SyncStage]:
        database = await empty()
        try:
            yield sync_stage(database, KEY)
        finally:
            await database.close()

    return opened


@pytest.fixture
def stage(database: Database) -> SyncStage:
    return sync_stage(database, KEY)
