"""What others can learn from the files of SQLite: while they are used, and of what is gone."""

import os
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import insert, select

from applemusic_server.domain.account import Account
from applemusic_server.domain.secret import Secret
from applemusic_server.storage.accounts import DatabaseAccountStore
from applemusic_server.storage.database import Database, open_database, sqlite_url
from applemusic_server.storage.key_file import KeyFile
from applemusic_server.storage.key_rotation import rotate_key
from applemusic_server.storage.private_file import (
    is_open_to_writers,
    make_private,
    open_to_everybody,
)
from applemusic_server.storage.schema import ACCOUNTS, TOKEN_CARE
from applemusic_server.storage.token_cipher import TokenCipher

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ANNA = Account("anna", Secret("a" * 300), "de", NOW, display_name="Canary of Anna")
OTHERS = [replace(ANNA, id=f"other-{each}", display_name="somebody") for each in range(60)]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await open_database(sqlite_url(tmp_path / "server.db"))
    yield opened
    await opened.close()


async def encrypted(database: Database, account_id: str) -> bytes:
    column = ACCOUNTS.c.encrypted_music_user_token
    async with database.reading() as connection:
        found = await connection.execute(select(column).where(ACCOUNTS.c.id == account_id))
        return bytes(found.scalar_one())


def holding(folder: Path, what: bytes) -> set[str]:
    """Names of the files in which it is."""
    return {path.name for path in folder.iterdir() if what in path.read_bytes()}


async def test_what_is_deleted_is_in_no_file(database: Database, tmp_path: Path) -> None:
    store = DatabaseAccountStore(database, TokenCipher([Fernet.generate_key()]))
    for account in (ANNA, *OTHERS):
        await store.put(account)
    before = await encrypted(database, "anna")
    await store.update("anna", lambda found: replace(found, music_user_token=Secret("b" * 300)))
    after = await encrypted(database, "anna")
    async with database.writing() as connection:
        care = {"account": "anna", "token_time": NOW, "warned_days": 0, "failures": 0}
        await connection.execute(insert(TOKEN_CARE).values(care))
    secrets = (before[:40], after[:40], before[-40:], after[-40:], b"Canary of Anna")
    # So that the search below can find something.
    assert all(holding(tmp_path, each) for each in secrets)

    assert await store.delete("anna")

    for each in secrets:
        assert holding(tmp_path, each) == set()
    assert len(await store.list()) == len(OTHERS)
    assert holding(tmp_path, (await encrypted(database, "other-7"))[:40]) == {"server.db"}


async def test_what_a_reader_holds_up_goes_with_the_next(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("applemusic_server.storage.sqlite._BUSY_SECONDS", 0.01)
    impatient = await open_database(sqlite_url(tmp_path / "server.db"))
    store = DatabaseAccountStore(impatient, TokenCipher([Fernet.generate_key()]))
    await store.put(ANNA)
    async with database.reading() as connection:
        assert (await connection.execute(select(ACCOUNTS.c.id))).scalar_one() == "anna"
        assert await store.delete("anna")
        assert holding(tmp_path, b"Canary of Anna")
        assert not await impatient.erase_deleted()
    assert await impatient.erase_deleted()
    assert holding(tmp_path, b"Canary of Anna") == set()
    await impatient.close()


async def test_a_new_key_leaves_nothing_of_the_old_one(database: Database, tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "key")
    file.create()
    store = DatabaseAccountStore(database, TokenCipher(file.read()))
    await store.put(ANNA)
    before = await encrypted(database, "anna")
    assert holding(tmp_path, before)
    await rotate_key(file, database)
    assert holding(tmp_path, before) == set()


@contextmanager
def umask(mode: int) -> Iterator[None]:
    before = os.umask(mode)
    try:
        yield
    finally:
        os.umask(before)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_files_are_made_for_their_owner_whatever_the_umask(tmp_path: Path) -> None:
    with umask(0):
        database = await open_database(sqlite_url(tmp_path / "server.db"))
        await DatabaseAccountStore(database, TokenCipher([Fernet.generate_key()])).put(ANNA)
        modes = {path.name: mode_of(path) for path in tmp_path.iterdir()}  # noqa: ASYNC240 - a test may wait for a file
        await database.close()
    assert modes == dict.fromkeys(("server.db", "server.db-wal", "server.db-shm"), 0o600)


def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("content")
    path.chmod(0o644)
    make_private(path)
    assert (path.read_text(), mode_of(path)) == ("content", 0o644)
    make_private(tmp_path / "none" / "file")  # who opens it says what is wrong
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("folder", "file", "open_to_all"),
    [
        (0o700, 0o644, False),
        (0o770, 0o666, False),  # nobody else gets into the folder
        (0o2770, 0o660, False),  # fsGroup
        (0o755, 0o600, False),
        (0o777, 0o640, False),
        (0o755, 0o644, True),
        (0o711, 0o604, True),
        (0o755, 0o602, True),
    ],
)
def test_who_gets_at_a_file(tmp_path: Path, folder: int, file: int, *, open_to_all: bool) -> None:
    place = tmp_path / "data"
    place.mkdir()
    path = place / "file"
    path.touch()
    path.chmod(file)
    place.chmod(folder)
    paths = (path, place / "none")
    assert open_to_everybody(paths) == ([path] if open_to_all else [])


@pytest.mark.parametrize(
    ("mode", "is_open"), [(0o700, False), (0o770, False), (0o755, False), (0o777, True)]
)
def test_who_may_replace_files(tmp_path: Path, mode: int, *, is_open: bool) -> None:
    tmp_path.chmod(mode)
    assert is_open_to_writers(tmp_path) is is_open
    tmp_path.chmod(mode | stat.S_ISVTX)
    assert not is_open_to_writers(tmp_path)
