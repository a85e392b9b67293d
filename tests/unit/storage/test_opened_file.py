"""A database whose file is taken away while it is open: nothing is written that nobody finds."""

import io
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from applemusic_server.config_sources import load
from applemusic_server.domain.account import Account
from applemusic_server.domain.errors import UnavailableError
from applemusic_server.domain.secret import Secret
from applemusic_server.open_storage import Storage, open_storage
from applemusic_server.storage.opened_file import OpenedFile
from applemusic_server.telemetry.logging import open_log
from applemusic_server.telemetry.redaction import Redactor

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ANNA, BEN = (Account(name, Secret(name * 10), "de", NOW) for name in ("anna", "ben"))


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    settings = load({}, {"storage": {"data_dir": str(tmp_path)}}).storage
    log = open_log(io.StringIO(), form="json", level="info", redactor=Redactor())
    async with AsyncExitStack() as opened:
        there = await open_storage(settings, {}, log, opened)
        await there.accounts.put(ANNA)
        yield there


@pytest.mark.parametrize("replaced", [False, True])
async def test_what_would_be_lost_is_not_written(
    storage: Storage, tmp_path: Path, *, replaced: bool
) -> None:
    file, aside = tmp_path / "server.db", tmp_path / "aside"
    assert (await storage.health.recall()).is_writable
    file.rename(aside)
    if replaced:
        file.write_bytes(b"")

    with pytest.raises(UnavailableError, match="taken away or replaced while the server runs"):
        await storage.accounts.put(BEN)
    assert not (await storage.health.recall()).is_writable
    assert file.exists() is replaced  # nothing new is made in its place
    assert not replaced or file.read_bytes() == b""

    aside.rename(file)
    await storage.accounts.put(BEN)
    assert (await storage.health.recall()).is_writable
    assert [each.id for each in await storage.accounts.list()] == ["anna", "ben"]


async def test_it_is_noticed_before_anybody_writes(storage: Storage, tmp_path: Path) -> None:
    (tmp_path / "server.db").unlink()
    assert not (await storage.health.recall()).is_writable
    assert [each.id for each in await storage.accounts.list()] == ["anna"]


def test_a_file_is_the_same_whatever_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    file = OpenedFile(path)
    path.write_text("more")
    assert not file.is_gone()
    file.check()
