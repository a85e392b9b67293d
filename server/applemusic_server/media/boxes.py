"""ISO base media boxes: headers, children and fields, checked before they are believed."""

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

from applemusic_server.media.failures import malformed

Buffer = bytes | bytearray | memoryview

HEADER_BYTES = 8
LARGE_HEADER_BYTES = 16
# No box of a song comes near it; a size beyond is garbage, not a big file.
MAX_BOX_BYTES = 1 << 32
# A real moov or moof has fewer than ten children on any level.
MAX_CHILDREN = 256
_SIZE_AND_KIND = Struct(">I4s")
_LARGE_SIZE = Struct(">Q")


class Header(NamedTuple):
    """The head of a box.

    Attributes:
        kind: The four-character type.
        size: Size of the whole box in bytes, head included.
        length: Size of the head: 8, or 16 with a 64-bit size.
    """

    kind: bytes
    size: int
    length: int


class Box(NamedTuple):
    """A box inside a buffer: `start <= body <= end` are offsets into that buffer."""

    kind: bytes
    start: int
    body: int
    end: int


def read_header(buffer: Buffer, offset: int = 0) -> Header | None:
    """Read the head of the box at `offset`; None if the buffer ends before the head does.

    Raises:
        DataLossError: MEDIA_MALFORMED, a size that cannot be (0, 2-7, or beyond 4 GiB). Size 0,
            "to the end of the file", is refused too: a fragmented file has no such box.
    """
    available = len(buffer) - offset
    if available < HEADER_BYTES:
        return None
    size, kind = _SIZE_AND_KIND.unpack_from(buffer, offset)
    length = HEADER_BYTES
    if size == 1:
        if available < LARGE_HEADER_BYTES:
            return None
        (size,) = _LARGE_SIZE.unpack_from(buffer, offset + HEADER_BYTES)
        length = LARGE_HEADER_BYTES
    if not length <= size <= MAX_BOX_BYTES:
        raise malformed(f"box {printable(kind)} claims {size} bytes")
    return Header(kind, size, length)


def children(buffer: Buffer, start: int, end: int) -> Iterator[Box]:
    """Walk the boxes that fill `buffer[start:end]` exactly.

    Raises:
        DataLossError: MEDIA_MALFORMED, a box sticks out, bytes are left over, or there are more
            than 256 boxes.
    """
    count = 0
    while start < end:
        header = read_header(buffer, start)
        if header is None or start + header.size > end:
            raise malformed("a box is larger than the box around it")
        count += 1
        if count > MAX_CHILDREN:
            raise malformed(f"more than {MAX_CHILDREN} boxes in one box")
        kind, size, length = header
        yield Box(kind, start, start + length, start + size)
        start += size


def only(boxes: list[Box], kind: bytes) -> Box:
    """The one box of this kind.

    Raises:
        DataLossError: MEDIA_MALFORMED, there is none or more than one.
    """
    found = optional(boxes, kind)
    if found is None:
        raise malformed(f"box {printable(kind)} is missing")
    return found


def optional(boxes: list[Box], kind: bytes) -> Box | None:
    """The box of this kind, or None.

    Raises:
        DataLossError: MEDIA_MALFORMED, there is more than one.
    """
    found = [box for box in boxes if box.kind == kind]
    if len(found) > 1:
        raise malformed(f"box {printable(kind)} occurs {len(found)} times")
    return found[0] if found else None


def printable(kind: bytes) -> str:
    """A box type for a message: as Apple's file has it if it is ASCII, else in hex."""
    return repr(kind.decode("ascii")) if kind.isascii() and kind.isalnum() else kind.hex()


class Fields:
    """Big-endian fields one after the other, never read past `end`."""

    __slots__ = ("_buffer", "_end", "_position")

    def __init__(self, buffer: Buffer, start: int, end: int) -> None:
        self._buffer = buffer
        self._position = start
        self._end = end

    @classmethod
    def of(cls, buffer: Buffer, box: Box) -> "Fields":
        """The fields in the body of a box."""
        return cls(buffer, box.body, box.end)

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return self._end - self._position

    @property
    def position(self) -> int:
        """Offset of the next field in the buffer."""
        return self._position

    def take(self, count: int) -> bytes:
        """The next `count` bytes.

        Raises:
            DataLossError: MEDIA_MALFORMED, the box is shorter than its fields.
        """
        start = self._position
        stop = start + count
        if stop > self._end:
            raise malformed("a box is shorter than its fields")
        self._position = stop
        return bytes(self._buffer[start:stop])

    def unsigned(self, count: int) -> int:
        """The next `count` bytes as an unsigned number."""
        return int.from_bytes(self.take(count), "big")

    def signed(self, count: int) -> int:
        """The next `count` bytes as a two's-complement number."""
        return int.from_bytes(self.take(count), "big", signed=True)

    def version_and_flags(self) -> tuple[int, int]:
        """The four bytes that begin a full box."""
        word = self.unsigned(4)
        return word >> 24, word & 0xFFFFFF
