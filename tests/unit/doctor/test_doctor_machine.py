"""What a look at this machine finds: folder, files, disk, device, versions."""

import os
import shutil
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from applemusic_server.application.diagnostic_check import CheckStatus, Finding
from applemusic_server.config import Settings
from applemusic_server.config_sources import load
from applemusic_server.doctor import machine
from applemusic_server.doctor.access import look_at_access, look_at_server
from applemusic_server.storage.key_file import KeyFile
from tests.support.certificates import Authority

OK, WARNING, FAILED, SKIPPED = (
    CheckStatus.OK,
    CheckStatus.WARNING,
    CheckStatus.FAILED,
    CheckStatus.SKIPPED,
)


class Usage(NamedTuple):
    free: int


def settings(folder: Path, **flags: Any) -> Settings:
    given = {key.replace("__", "."): value for key, value in flags.items()}
    return load({}, {"storage.data_dir": str(folder), **given})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder as a server leaves it."""
    made = tmp_path / "data"
    made.mkdir(mode=0o700)
    (made / "server.db").touch(mode=0o600)
    KeyFile(made / "encryption.key").create()
    return made


def shared(folder: Path) -> Settings:
    """Settings with PostgreSQL."""
    for name in ("url", "key"):
        (folder / name).touch(mode=0o600)
    return settings(
        folder, storage__url_file=folder / "url", storage__encryption_key_file=folder / "key"
    )


def test_a_folder_that_is_well(folder: Path) -> None:
    found = machine.look_at_folder(settings(folder), {})
    assert found == Finding(OK, "it is the server's alone (mode 700)")


def test_folders_that_are_not_there_or_no_folder(tmp_path: Path) -> None:
    assert machine.look_at_folder(settings(tmp_path / "none"), {}).status is SKIPPED
    (tmp_path / "file").touch()
    assert machine.look_at_folder(settings(tmp_path / "file"), {}).status is FAILED
    assert machine.look_at_folder(shared(tmp_path), {}).status is SKIPPED


def test_a_database_for_everybody_is_named_by_its_file_alone(folder: Path) -> None:
    folder.chmod(0o711)
    (folder / "server.db").chmod(0o644)
    found = machine.look_at_folder(settings(folder), {})
    assert found.status is FAILED
    assert found.remedy.endswith("chmod o-rwx server.db")
    assert str(folder) not in found.message + found.remedy


def test_a_folder_that_everybody_writes_to(folder: Path) -> None:
    folder.chmod(0o707)
    assert machine.look_at_folder(settings(folder), {}).status is WARNING


def test_somebody_elses_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    found = machine.look_at_folder(settings(folder), {})
    assert found.status is WARNING
    assert "another user" in found.message


@pytest.mark.parametrize(
    ("free", "status"), [(10**9, OK), (20_000_000, WARNING), (500_000, FAILED)]
)
def test_room_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, status: CheckStatus
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(free))
    found = machine.look_at_disk(settings(tmp_path / "not" / "there"), {})
    assert found.status is status
    assert "are free" in found.message
    assert machine.look_at_disk(shared(tmp_path), {}).status is SKIPPED


def test_the_key_file(folder: Path, tmp_path: Path) -> None:
    assert machine.look_at_key_file(settings(folder), {}).status is OK
    (folder / "encryption.key").chmod(0o604)
    assert machine.look_at_key_file(settings(folder), {}).status is FAILED
    (folder / "encryption.key").unlink()
    assert machine.look_at_key_file(settings(folder), {}).status is FAILED
    assert machine.look_at_key_file(settings(tmp_path / "new"), {}).status is SKIPPED


def test_the_device_and_nothing_of_it(tmp_path: Path) -> None:
    device = tmp_path / "device.wvd"
    device.touch(mode=0o600)
    device.write_bytes(b"WVD canary")
    assert machine.look_at_device(settings(tmp_path)).status is WARNING
    found = machine.look_at_device(settings(tmp_path, widevine__device_file=device))
    assert found.status is FAILED
    assert "canary" not in repr(found)


def test_versions_that_differ_are_told() -> None:
    def of(name: str) -> str:
        if name == "asyncpg":
            raise PackageNotFoundError(name)
        return "1.2" if name == "applemusic-grpc" else "1.3"

    found = machine.look_at_versions(of)
    assert found.status is WARNING
    assert "applemusic-grpc is 1.2" in found.message
    assert "grpcio 1.3" in found.message
    assert "asyncpg" not in found.message
    assert machine.look_at_versions().status is OK


def test_how_the_server_can_be_reached(tmp_path: Path) -> None:
    assert look_at_access(settings(tmp_path)).status is OK
    open_to_all = settings(tmp_path, grpc__host="0.0.0.0", grpc__insecure=True)  # noqa: S104 - not bound
    assert look_at_access(open_to_all).status is WARNING
    plain = settings(tmp_path, grpc__host="0.0.0.0")  # noqa: S104 - not bound
    assert "unencrypted" in look_at_access(plain).message

    identity = Authority().identity("server")
    certificate, key = identity.write(tmp_path, "server")
    files = {"tls__certificate_file": certificate, "tls__private_key_file": key}
    tls = settings(tmp_path, grpc__host="0.0.0.0", **files)  # noqa: S104 - not bound
    assert look_at_access(tls).status is OK
    certificate.write_bytes(b"none")
    assert look_at_access(tls).status is FAILED


def test_no_server_has_to_run(tmp_path: Path) -> None:
    assert look_at_server(settings(tmp_path, grpc__port=1)).status is SKIPPED
