"""The file with the encryption keys: one per line, the newest first."""

import errno
import fcntl
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet

from applemusic_server.domain.errors import FailedPreconditionError, Reason
from applemusic_server.storage.remedy import remedy

_LARGEST: Final = 16384
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_FULL: Final = "Make room on that disk."
_RESTORE: Final = "Restore it from a backup; without it everybody has to sign in again."
_MOUNTED: Final = (
    "Where it comes from a secret store, put a new key first there, and then encrypt everything "
    "anew with: applemusic-server keys rotate --no-new-key"
)

Problem = Callable[[FailedPreconditionError], None]


def new_key() -> bytes:
    """Return a new random key: 32 bytes in URL-safe base64."""
    return Fernet.generate_key()


class KeyFile:
    """Reads keys, and replaces them so that the file is whole at every moment."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> tuple[bytes, ...]:
        """Return the keys, the newest first.

        Raises:
            FailedPreconditionError: STORAGE_KEY_MISMATCH: the file cannot be read, can be read by
                every user of the machine, or holds no keys.
        """
        try:
            with self.path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                keys = file.read(_LARGEST).split()
        except OSError as error:
            raise self._unusable(error.strerror or "cannot be read", remedy(self.path)) from None
        if mode & stat.S_IRWXO:
            raise FailedPreconditionError(
                Reason.STORAGE_KEY_MISMATCH,
                "Every user of this machine can read the encryption key. Run: "
                f"chmod o-rwx {self.path}",
            )
        if not keys:
            raise self._unusable("is empty")
        try:
            for key in keys:
                Fernet(key)
        except ValueError:
            raise self._unusable(
                "does not hold keys: each line is 32 bytes in URL-safe base64"
            ) from None
        return tuple(keys)

    def create(self) -> bool:
        """Write a new key unless there is a file; False when there was one.

        The file is whole whenever it is there, whoever else starts at the same time.

        Raises:
            FailedPreconditionError: STORAGE_KEY_MISMATCH, it cannot be made.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if self.path.exists():
                return False
            fresh = self._write_beside([new_key()])
            try:
                self.path.hardlink_to(fresh)
            except FileExistsError:  # another process was faster: its key counts
                return False
            finally:
                fresh.unlink()
        except OSError as error:
            raise FailedPreconditionError(
                Reason.STORAGE_KEY_MISMATCH,
                f"The encryption key file {self.path} cannot be made: {error.strerror}. "
                f"{_FULL if error.errno in _NO_ROOM else remedy(self.path)}".rstrip(),
            ) from None
        return True

    def replace(self, keys: Sequence[bytes]) -> None:
        """Put other keys into the file; its owner and mode stay.

        Raises:
            FailedPreconditionError: STORAGE_KEY_MISMATCH, it cannot be written.
        """
        try:
            before = self.path.stat()
            fresh = self._write_beside(keys)
            try:
                fresh.chmod(stat.S_IMODE(before.st_mode))
                if os.geteuid() == 0:
                    os.chown(fresh, before.st_uid, before.st_gid)
                fresh.replace(self.path)
                self._sync_folder()
            finally:
                fresh.unlink(missing_ok=True)
        except OSError as error:
            raise FailedPreconditionError(
                Reason.STORAGE_KEY_MISMATCH,
                f"The encryption key file {self.path} cannot be written: {error.strerror}. "
                f"{_FULL if error.errno in _NO_ROOM else _MOUNTED}",
            ) from None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep others that want to replace the keys out.

        Raises:
            FailedPreconditionError: STORAGE_KEY_MISMATCH, somebody else does just now.
        """
        try:
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise self._unusable(error.strerror or "cannot be read") from None
        try:
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise FailedPreconditionError(
                    Reason.STORAGE_KEY_MISMATCH,
                    f"Another command changes the encryption key file {self.path} just now.",
                ) from None
            yield
        finally:
            os.close(folder)

    def _write_beside(self, keys: Sequence[bytes]) -> Path:
        fresh = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        # What a process of the same number left behind when it was killed.
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(b"".join(key + b"\n" for key in keys))
                file.flush()
                os.fsync(file.fileno())
        except OSError:  # a full disk: half a file of keys is of no use to anybody
            fresh.unlink(missing_ok=True)
            raise
        return fresh

    def _sync_folder(self) -> None:
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _unusable(self, what: str, advice: str = "") -> FailedPreconditionError:
        return FailedPreconditionError(
            Reason.STORAGE_KEY_MISMATCH,
            f"The encryption key file {self.path}: {what}. {advice or _RESTORE}",
        )


class WatchedKeyFile:
    """Tells when the keys in a file are others than before.

    Args:
        file: Where they are.
        on_problem: Is told once when the file changed to something unusable; the keys stay.
    """

    def __init__(self, file: KeyFile, on_problem: Problem = lambda _: None) -> None:
        self._file = file
        self._on_problem = on_problem
        self._looked = self._look()

    def changed(self) -> tuple[bytes, ...] | None:
        """Return the keys if the file changed since the last call; costs one look at it."""
        look = self._look()
        if look == self._looked:
            return None
        self._looked = look
        try:
            return self._file.read()
        except FailedPreconditionError as error:
            self._on_problem(error)
            return None

    def _look(self) -> tuple[int, ...] | None:
        try:
            status = self._file.path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
