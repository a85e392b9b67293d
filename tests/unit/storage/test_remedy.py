"""What is said where a file of the data folder cannot be used: which, why, and what to do."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from applemusic_server.config_sources import load
from applemusic_server.domain.errors import AppleMusicError, FailedPreconditionError
from applemusic_server.open_storage import open_configured_database
from applemusic_server.storage.data_dir import DataDirectory
from applemusic_server.storage.key_file import KeyFile
from applemusic_server.storage.remedy import remedy

SPACE = {"f_flag": 0, "f_bavail": 1_000_000, "f_frsize": 4096}


@pytest.fixture
def somebody(monkeypatch: pytest.MonkeyPatch) -> int:
    """This process is of another user, who may do nothing; also where root runs the tests."""
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    monkeypatch.setattr(os, "access", lambda *_: False)
    return 4711


def test_nothing_is_said_of_what_can_be_used(tmp_path: Path) -> None:
    assert remedy(tmp_path / "server.db") == ""
    assert remedy(tmp_path / "no" / "folder" / "server.db") == ""


def test_what_belongs_to_somebody_else(tmp_path: Path, somebody: int) -> None:
    assert remedy(tmp_path / "server.db") == (
        f"{tmp_path} belongs to user {os.getuid()}, and this is user {somebody}. Run the server as "
        f"that user, or: chown -R {somebody} {tmp_path}"
    )


def test_a_file_of_somebody_else_in_an_open_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "server.lock"
    file.touch()
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    monkeypatch.setattr(os, "access", lambda place, _: place != file)
    assert remedy(file).startswith(f"{file} belongs to user {os.getuid()}, and this is user 4711.")


def test_what_its_owner_may_not_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    status = SimpleNamespace(st_uid=4711, st_mode=0o40000)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    monkeypatch.setattr(Path, "stat", lambda _: status)
    said = f"Its owner may not use {tmp_path}. Run: chmod u+rwX {tmp_path}"
    assert remedy(tmp_path / "server.db") == said


@pytest.mark.parametrize(
    ("space", "said"),
    [
        ({"f_flag": os.ST_RDONLY}, "The disk of {} is mounted read-only."),
        ({"f_bavail": 3}, "There is no room on the disk of {}: make some."),
    ],
)
def test_a_disk_that_takes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, space: dict[str, int], said: str
) -> None:
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(**(SPACE | space)))
    assert remedy(tmp_path / "server.db") == said.format(tmp_path)


async def opening(folder: Path) -> str:
    settings: Any = load({}, {"storage": {"data_dir": str(folder)}}).storage
    with pytest.raises(AppleMusicError) as caught:
        await open_configured_database(settings, {})
    assert caught.value.reason.value == "STORAGE_UNAVAILABLE"
    return caught.value.message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"garbage, and enough of it to be none of SQLite's" * 99, "file is not a database"),
        (b"SQLite format 3\0" + bytes(3000), "file is not a database"),
    ],
)
async def test_a_damaged_database_is_named_with_what_to_do(
    tmp_path: Path, content: bytes, said: str
) -> None:
    file = tmp_path / "server.db"
    file.touch(mode=0o600)
    file.write_bytes(content)
    assert await opening(tmp_path) == (
        f"The database cannot be used: {said}. Put the last copy of it back (docs/storage.md). "
        f"The file is {file}."
    )
    assert file.read_bytes() == content


async def test_a_folder_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "server.db").mkdir(mode=0o700)
    assert f"{tmp_path / 'server.db'} is a folder" in await opening(tmp_path)


def test_a_lock_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "server.lock").mkdir()
    with pytest.raises(AppleMusicError, match=r"server\.lock is a folder: put it elsewhere"):
        DataDirectory(tmp_path).acquire()


def test_a_key_that_cannot_be_made_is_not_to_be_restored(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FailedPreconditionError, match="cannot be made: File exists") as caught:
        KeyFile(tmp_path / "file" / "key").create()
    assert "Restore" not in caught.value.message


def test_a_key_of_somebody_else_is_not_to_be_restored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, somebody: int
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    file = tmp_path / "key"
    file.touch(mode=0o600)
    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(FailedPreconditionError, match=f"this is user {somebody}") as caught:
        KeyFile(file).read()
    assert "Restore" not in caught.value.message
