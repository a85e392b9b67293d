"""Reading and writing the boxes of an ISO base media file."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_HEADER = 8


@dataclass(frozen=True, slots=True)
class Box:
    """One box by its place in the file's bytes.

    Attributes:
        kind: Four letters.
        start: Offset of its size field.
        end: Offset behind its last byte.
    """

    kind: str
    start: int
    end: int

    @property
    def body(self) -> int:
        """Offset behind size and kind."""
        return self.start + _HEADER


def walk(data: bytes | memoryview, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """Yield the boxes that lie side by side between two offsets.

    Raises:
        ValueError: A size does not fit.
    """
    stop = len(data) if end is None else end
    while start < stop:
        if stop - start < _HEADER:
            raise ValueError(f"box header cut off at {start}")
        size, kind = struct.unpack_from(">I4s", data, start)
        if not _HEADER <= size <= stop - start:
            raise ValueError(f"box at {start} has size {size}")
        yield Box(kind.decode("latin-1"), start, start + size)
        start += size


def find(data: bytes | memoryview, path: str, start: int = 0, end: int | None = None) -> Box:
    """Return the first box at a path such as `moov/trak/mdia`.

    Raises:
        ValueError: There is none.
    """
    found = None
    for kind in path.split("/"):
        found = next((box for box in walk(data, start, end) if box.kind == kind), None)
        if found is None:
            raise ValueError(f"no {path}")
        start, end = found.body, found.end
    if found is None:
        raise ValueError("empty path")
    return found


def box(kind: str, *parts: bytes | memoryview) -> bytes:
    """Return a box with these parts as its body."""
    size = _HEADER + sum(len(part) for part in parts)
    return b"".join((struct.pack(">I4s", size, kind.encode("latin-1")), *parts))


def full_box(kind: str, version: int, flags: int, *parts: bytes) -> bytes:
    """Return a box that begins with a version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)
