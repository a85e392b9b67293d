"""A disk that is full is found out by writing, told, and found mended."""

import errno
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import event

from applemusic_server.application.diagnostic_check import CheckStatus, storage_finding
from applemusic_server.domain.errors import UnavailableError
from applemusic_server.domain.storage_health import StorageHealth
from applemusic_server.storage.database import (
    Database,
    DiskFullError,
    open_database,
    sqlite_url,
)
from applemusic_server.storage.health import DatabaseHealth, make_room
from applemusic_server.telemetry.storage import StorageTelemetry

GROW = "CREATE TABLE big AS SELECT randomblob(100000) AS content"


class Disk:
    """Makes room until it is told that it is full."""

    def __init__(self) -> None:
        self.trouble = 0

    def room(self, folder: Path, size: int) -> None:
        if self.trouble:
            raise OSError(self.trouble, os.strerror(self.trouble))
        make_room(folder, size)


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Database]:
    database = await open_database(sqlite_url(tmp_path / "server.db"))
    yield database
    await database.close()


def limit(database: Database) -> None:
    """Let the database grow no more, as on a full disk."""

    def on_begin(connection: Any) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")

    event.listen(database._engine.sync_engine, "begin", on_begin)


async def test_a_full_disk_is_told_with_what_to_do(opened: Database) -> None:
    limit(opened)
    with pytest.raises(DiskFullError, match=r"the disk is full\. Make room on the disk"):
        async with opened.writing() as connection:
            await connection.exec_driver_sql(GROW)
    assert opened.last_write_failed
    async with opened.reading():
        pass
    assert opened.last_write_failed  # reading says nothing of it


async def test_a_look_writes(opened: Database, tmp_path: Path) -> None:
    await opened.erase_deleted()
    log = tmp_path / "server.db-wal"
    before = log.stat().st_size
    await opened.check_writable()
    assert log.stat().st_size > before


def test_room_that_was_made_is_given_back(tmp_path: Path) -> None:
    make_room(tmp_path, 1_000_000)
    assert list(tmp_path.iterdir()) == []


async def test_postgresql_and_sqlite_take_the_look(database: Database) -> None:
    await database.check_writable()
    found = await DatabaseHealth(database, database.folder).look()
    assert found.is_writable
    embedded = database._engine.dialect.name == "sqlite"
    assert (found.free_bytes is not None) == (database.folder is not None) == embedded


@pytest.mark.parametrize(
    ("trouble", "is_full"), [(errno.ENOSPC, True), (errno.EDQUOT, True), (errno.EROFS, False)]
)
async def test_what_is_beside_the_database_shows_it_too(
    opened: Database, tmp_path: Path, trouble: int, *, is_full: bool
) -> None:
    disk = Disk()
    health = DatabaseHealth(opened, tmp_path, disk.room)
    assert (await health.look()).is_writable
    disk.trouble = trouble
    found = await health.look()
    assert (found.is_writable, found.is_full) == (False, is_full)
    assert found.free_bytes is not None
    assert (await health.recall()).is_full is is_full
    disk.trouble = 0
    assert (await health.recall()).is_writable


async def test_the_metrics_remember_a_write_that_failed(opened: Database, tmp_path: Path) -> None:
    disk, registry = Disk(), CollectorRegistry()
    shown = StorageTelemetry(registry, DatabaseHealth(opened, tmp_path, disk.room))
    disk.trouble = errno.ENOSPC
    await shown.refresh()  # nobody wrote: nothing is tried
    assert registry.get_sample_value("applemusic_storage_unwritable") == 0
    free = registry.get_sample_value("applemusic_storage_free_bytes")
    assert free is not None
    assert free > 0
    with pytest.raises(UnavailableError):
        async with opened.writing() as connection:
            await connection.exec_driver_sql("INSERT INTO nowhere VALUES (1)")
    await shown.refresh()
    assert registry.get_sample_value("applemusic_storage_unwritable") == 1
    disk.trouble = 0
    await shown.refresh()
    assert registry.get_sample_value("applemusic_storage_unwritable") == 0


@pytest.mark.parametrize(
    ("health", "status", "said"),
    [
        (StorageHealth(free_bytes=10**9), CheckStatus.OK, "1.0 GB are free"),
        (StorageHealth(), CheckStatus.OK, "takes writes"),
        (StorageHealth(free_bytes=7_340_000), CheckStatus.WARNING, "7.3 MB are free"),
        (
            StorageHealth(is_writable=False, is_full=True, free_bytes=8192),
            CheckStatus.FAILED,
            "the disk is full: nothing can be stored; 8 kB are free",
        ),
        (StorageHealth(is_writable=False), CheckStatus.FAILED, "takes no writes"),
    ],
)
def test_what_diagnostics_say(health: StorageHealth, status: CheckStatus, said: str) -> None:
    finding = storage_finding(health)
    assert finding.status is status
    assert said in finding.message
    assert (finding.remedy == "") == (status is CheckStatus.OK)
