"""The file of a database that is open, which somebody may take away meanwhile."""

import sqlite3
from pathlib import Path


class OpenedFile:
    """Tells whether a path still leads to the file that was there at first.

    Who deletes or replaces the database of a server that runs (to restore a copy, say) is not
    noticed by SQLite: what is written from then on goes into a file without a name, and is gone
    with the process.
    """

    def __init__(self, path: Path) -> None:
        """Remember which file is there.

        Raises:
            OSError: None is.
        """
        self._path = path
        self._first = self._now()

    def is_gone(self) -> bool:
        """Return whether there is another file by now, or none. Costs microseconds."""
        try:
            return self._now() != self._first
        except OSError:
            return True

    def check(self) -> None:
        """Return if it is the same file.

        Raises:
            sqlite3.OperationalError: It is not.
        """
        if self.is_gone():
            raise sqlite3.OperationalError(
                "its file was taken away or replaced while the server runs; put it back, or "
                "restart the server with what is there now"
            )

    def _now(self) -> tuple[int, int]:
        status = self._path.stat()
        return status.st_dev, status.st_ino
