"""A database that is up to date, made once and copied, since each example needs a fresh one."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from applemusic_server.storage.database import Database, open_database, sqlite_url
from tests.support.library import OpenStage, SyncStage, sync_stage

KEY = Fernet.generate_key()


@pytest.fixture
async def fresh_database(tmp_path: Path) -> Path:
    path = tmp_path / "fresh.db"
    await (await open_database(sqlite_url(path))).close()
    return path


@pytest.fixture
def open_stage(fresh_database: Path, tmp_path: Path) -> OpenStage:
    """Opens stages, each with a database of its own."""
    count = iter(range(1_000_000))

    @asynccontextmanager
    async def opened() -> AsyncIterator[SyncStage]:
        path = tmp_path / f"{next(count)}.db"
        shutil.copy(fresh_database, path)
        database = await open_database(sqlite_url(path))
        try:
            yield sync_stage(database, KEY)
        finally:
            await database.close()

    return opened


@pytest.fixture
def stage(database: Database) -> SyncStage:
    return sync_stage(database, KEY)
