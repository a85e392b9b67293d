"""What can be seen on this machine without asking anybody: folder, files, disk, versions."""

import os
import platform
import shutil
import sqlite3
import ssl
import stat
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from applemusic_server.application.diagnostic_check import (
    CheckStatus,
    Finding,
    failed,
    fine,
    skipped,
)
from applemusic_server.config import Settings
from applemusic_server.domain.errors import FailedPreconditionError, Reason
from applemusic_server.domain.storage_health import StorageHealth
from applemusic_server.from_settings import load_decryption
from applemusic_server.open_storage import storage_files, storage_folder
from applemusic_server.storage.key_file import KeyFile
from applemusic_server.storage.private_file import is_open_to_writers, open_to_everybody

# Nothing can be stored in less: a sign-in with all that belongs to it takes 128 kB.
_TOO_LITTLE_BYTES: Final = 1_000_000
_SERVER, _CLIENT = "applemusic-grpc-server", "applemusic-grpc"
_LIBRARIES: Final = (
    "grpcio",
    "protobuf",
    "aiohttp",
    "cryptography",
    "SQLAlchemy",
    "pywidevine",
    "av",
    "asyncpg",
)


def look_at_versions(of: Callable[[str], str] = version) -> Finding:
    """Say what runs here; a client of another version than the server's is told.

    Args:
        of: Returns the version of a distribution; raises PackageNotFoundError.
    """
    known = {
        name: found for name in (_SERVER, _CLIENT, *_LIBRARIES) if (found := _version(name, of))
    }
    ours = known.pop(_SERVER, "unknown")
    theirs = known.pop(_CLIENT, ours)
    said = ", ".join(
        (
            f"applemusic-server {ours}",
            f"Python {platform.python_version()}",
            f"{platform.system()} {platform.machine()}",
            ssl.OPENSSL_VERSION.partition(" (")[0],
            f"SQLite {sqlite3.sqlite_version}",
            *(f"{name} {found}" for name, found in known.items()),
        )
    )
    if theirs == ours:
        return fine(said)
    return Finding(
        CheckStatus.WARNING,
        f"{said}; {_CLIENT} is {theirs}, which is another version than the server's",
        f"install {_SERVER} and {_CLIENT} of the same version",
    )


def look_at_folder(settings: Settings, environment: Mapping[str, str]) -> Finding:
    """Say whether the data folder and what is in it is the server's alone."""
    folder = storage_folder(settings.storage, environment)
    if settings.storage.shared and settings.storage.encryption_key_file is not None:
        return skipped("nothing is kept in a data folder: database and key are elsewhere")
    if not folder.exists():
        return skipped("it is not there yet: the server makes it when it starts")
    if not folder.is_dir():
        return Finding(
            CheckStatus.FAILED,
            "it is a file",
            "name a folder with storage.data_dir",
            Reason.STORAGE_UNAVAILABLE,
        )
    databases, key = storage_files(settings.storage, environment)
    exposed = open_to_everybody([*databases, key])
    if exposed:
        names = " ".join(path.name for path in exposed)
        return Finding(
            CheckStatus.FAILED,
            f"every user of this machine can read or change {names}; the server does not start",
            f"in the data folder, run: chmod o-rwx {names}",
            Reason.STORAGE_UNAVAILABLE,
        )
    return _whose(folder)


def look_at_disk(settings: Settings, environment: Mapping[str, str]) -> Finding:
    """Say how much room there is for what the server keeps."""
    if settings.storage.shared:
        return skipped("the database is elsewhere: look at the disk of PostgreSQL")
    folder = storage_folder(settings.storage, environment)
    there = next((each for each in (folder, *folder.parents) if each.exists()), Path("/"))
    try:
        free = shutil.disk_usage(there).free
    except OSError:
        return failed(Reason.STORAGE_UNAVAILABLE)
    health = StorageHealth(free_bytes=free)
    said = f"{health.free} are free on the disk of the data folder"
    remedy = "make room on the disk of the data folder (docs/storage.md)"
    if free < _TOO_LITTLE_BYTES:
        what = f"{said}: nothing can be stored"
        return Finding(CheckStatus.FAILED, what, remedy, Reason.STORAGE_UNAVAILABLE)
    return Finding(CheckStatus.WARNING, said, remedy) if health.is_low else fine(said)


def look_at_key_file(settings: Settings, environment: Mapping[str, str]) -> Finding:
    """Say whether the file with the encryption keys can be used; no key is shown."""
    databases, path = storage_files(settings.storage, environment)
    is_ours = settings.storage.encryption_key_file is None
    if is_ours and not path.exists() and not any(each.exists() for each in databases):
        return skipped("it is not there yet: the server makes it when it starts")
    try:
        keys = KeyFile(path).read()
    except FailedPreconditionError:
        return Finding(
            CheckStatus.FAILED,
            "it is missing, can be read by everybody, or holds no keys",
            "restore it from a backup, private to its owner; without it everybody has to sign in "
            "again (docs/storage.md)",
            Reason.STORAGE_KEY_MISMATCH,
        )
    return fine(f"it can be read, and holds {len(keys)} of them")


def look_at_device(settings: Settings) -> Finding:
    """Say whether the Widevine device can be used; nothing of what is in it is told."""
    decryption = load_decryption(settings.widevine.device_file)
    if not isinstance(decryption, FailedPreconditionError):
        return fine("it is there and can be read")
    is_wanted = settings.widevine.device_file is not None
    return failed(decryption.reason, CheckStatus.FAILED if is_wanted else CheckStatus.WARNING)


def _whose(folder: Path) -> Finding:
    if is_open_to_writers(folder):
        return Finding(
            CheckStatus.WARNING,
            "every user of this machine can put other files in the place of the server's",
            "run chmod o-w on the data folder, unless this is a container",
        )
    owner = folder.stat().st_uid
    if owner != os.geteuid():
        return Finding(
            CheckStatus.WARNING,
            "it belongs to another user than the one who runs this",
            "run the command as the server's user: what it sees of files is not what the server "
            "sees",
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        return failed(Reason.STORAGE_UNAVAILABLE)
    mode = stat.S_IMODE(folder.stat().st_mode)
    return fine(f"it is the server's alone (mode {mode:o})")


def _version(name: str, of: Callable[[str], str]) -> str:
    try:
        return of(name)
    except PackageNotFoundError:
        return ""
