"""Whether what the server has to keep can be kept."""

from dataclasses import dataclass
from typing import Final, Protocol

# Less than this on the disk of the data folder is told before anything fails: the copy of a large
# library takes tens of megabytes.
_LOW_BYTES: Final = 50_000_000


@dataclass(frozen=True, slots=True)
class StorageHealth:
    """How writing went at the last look.

    Attributes:
        is_writable: Something was written, and kept.
        is_full: It was not, because the disk, or the share of it that the server may use, is full.
        free_bytes: On the disk of the data folder; None where the database is elsewhere.
    """

    is_writable: bool = True
    is_full: bool = False
    free_bytes: int | None = None

    @property
    def is_low(self) -> bool:
        """Whether the disk will soon be full."""
        return self.free_bytes is not None and self.free_bytes < _LOW_BYTES

    @property
    def free(self) -> str:
        """The room that is left, for people; empty where it is not known."""
        if self.free_bytes is None:
            return ""
        for unit, size in (("GB", 10**9), ("MB", 10**6)):
            if self.free_bytes >= size:
                return f"{self.free_bytes / size:.1f} {unit}"
        return f"{self.free_bytes / 1000:.0f} kB"


class StorageLook(Protocol):
    """Tries to write; see `storage.health`."""

    async def look(self) -> StorageHealth:
        """Write something small, and say how that went. Never raises."""
        ...
