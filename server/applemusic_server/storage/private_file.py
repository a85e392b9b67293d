"""Files that are for the server's user, and who else can get at them."""

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def make_private(path: Path) -> None:
    """Make an empty file that only its owner can read, whatever the umask; not if there is one.

    Where that cannot be, whoever opens the file says why.
    """
    with suppress(OSError):
        # Never one that is there: to close it would take SQLite's locks on it away, which are the
        # process's (reference: SQLite, "How To Corrupt An SQLite Database File").
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def open_to_everybody(paths: Iterable[Path]) -> list[Path]:
    """Return those of the files that every user of the machine can read or change.

    A group may: volumes of Kubernetes give everything to one (`fsGroup`). Files in a folder that
    keeps others out are nobody's to reach.
    """
    return [path for path in paths if _others(path.parent) & stat.S_IXOTH and _others(path)]


def is_open_to_writers(folder: Path) -> bool:
    """Whether every user of the machine can put other files in the place of those in a folder."""
    mode = _mode(folder)
    return bool(mode & stat.S_IWOTH and not mode & stat.S_ISVTX)


def _others(path: Path) -> int:
    return _mode(path) & stat.S_IRWXO


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError:
        return 0
