"""Finds out whether the database takes writes, by writing.

A full disk is not seen by reading: all that is there can be read, and what was written last may
even be overwritten. So a look writes, both to the database and beside it, where a full disk cannot
but show.
"""

import asyncio
import errno
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from applemusic_server.domain.errors import UnavailableError
from applemusic_server.domain.storage_health import StorageHealth
from applemusic_server.storage.database import Database, DiskFullError

# What a sign-in with all that belongs to it takes, amply; the database grows by pages of 4 kB.
_ROOM_BYTES: Final = 128 * 1024
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class DatabaseHealth:
    """Looks, and remembers what was seen last. Implements `StorageLook`.

    Args:
        database: Is written to.
        folder: Where the database's files are; None when they are on another machine.
        room: Makes sure of so many bytes in a folder; raises OSError.
        is_gone: Says whether the database's file is not there any more.
    """

    def __init__(
        self,
        database: Database,
        folder: Path | None,
        room: Callable[[Path, int], None] | None = None,
        is_gone: Callable[[], bool] = lambda: False,
    ) -> None:
        self._database = database
        self._folder = folder
        self._room = room or make_room
        self._is_gone = is_gone
        self._seen = StorageHealth(free_bytes=_free_bytes(folder))

    async def look(self) -> StorageHealth:
        """Write something small, and say how that went."""
        self._seen = await self._look()
        return self._seen

    async def recall(self) -> StorageHealth:
        """Return what is known; writes only to see whether what was wrong has been mended."""
        if self._database.last_write_failed or not self._seen.is_writable or self._is_gone():
            return await self.look()
        return StorageHealth(free_bytes=_free_bytes(self._folder))

    async def _look(self) -> StorageHealth:
        free = _free_bytes(self._folder)
        try:
            if self._folder is not None:
                await asyncio.to_thread(self._room, self._folder, _ROOM_BYTES)
            await self._database.check_writable()
        except DiskFullError:
            return StorageHealth(is_writable=False, is_full=True, free_bytes=free)
        except UnavailableError:
            return StorageHealth(is_writable=False, free_bytes=free)
        except OSError as error:
            return StorageHealth(is_writable=False, is_full=error.errno in _FULL, free_bytes=free)
        return StorageHealth(free_bytes=free)


def make_room(folder: Path, size: int) -> None:
    """Take room in a folder and give it back; nothing is left, not even after a crash.

    Raises:
        OSError: There is none, or the folder takes no files.
    """
    with tempfile.TemporaryFile(dir=folder) as file:
        os.posix_fallocate(file.fileno(), 0, size)


def _free_bytes(folder: Path | None) -> int | None:
    if folder is None:
        return None
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None
