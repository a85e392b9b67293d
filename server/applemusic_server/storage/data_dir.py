"""The folder that belongs to one server at a time."""

import fcntl
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from applemusic_server.domain.errors import Reason, UnavailableError
from applemusic_server.storage.remedy import remedy


def default_data_dir(environment: Mapping[str, str]) -> Path:
    """Return where data lies when nobody says otherwise."""
    if state := environment.get("STATE_DIRECTORY"):
        return Path(state.partition(":")[0])
    if data := environment.get("XDG_DATA_HOME"):
        return Path(data) / "applemusic-server"
    return Path.home() / ".local" / "share" / "applemusic-server"


class DataDirectory:
    """Holds a lock on a folder, so that no second server works in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def acquire(self) -> Self:
        """Make the folder if need be and lock it; the lock ends with the process at the latest.

        Raises:
            UnavailableError: STORAGE_UNAVAILABLE: another server has it, or it cannot be written.
        """
        lock = self.path / "server.lock"
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            raise _unusable(f"The data folder {self.path} is a file.") from None
        except OSError as error:
            # Some errors are of the file in it.
            raise _unusable(
                f"The data folder {self.path}: {error.strerror}. {remedy(lock)}".rstrip()
            ) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise _unusable(
                f"Another server works in the data folder {self.path}. Stop it, or give this one a "
                "folder of its own with --data-dir."
            ) from None
        self._descriptor = descriptor
        return self

    def release(self) -> None:
        """Let another server in."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _unusable(message: str) -> UnavailableError:
    return UnavailableError(Reason.STORAGE_UNAVAILABLE, message)
