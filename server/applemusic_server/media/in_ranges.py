"""What all readings of a file do that are asked for a range at a time."""

from collections.abc import Awaitable, Callable, Iterator
from math import inf
from typing import Protocol

from applemusic_server.domain.media import AudioPiece, Room
from applemusic_server.media.parts import Parts


class Feeder(Protocol):
    """Makes pieces of parts; see `PieceMaker`."""

    def feed(self, data: bytes | memoryview) -> list[AudioPiece]:
        """Take the next part."""
        ...


def bytes_for(
    room: Room, *, bytes_per_second: float, piece_bytes: int
) -> Callable[[], Awaitable[int]]:
    """Return what `RangeReader.limit` takes: waits for room, says how many bytes fill it.

    It is room for a piece at least, and whole pieces.
    """
    return _InBytes(room, piece_bytes / bytes_per_second, piece_bytes).wait


class _InBytes:
    """A room, in whole pieces. No closure: each stream holds one."""

    __slots__ = ("_piece_bytes", "_room", "_seconds_of_one")

    def __init__(self, room: Room, seconds_of_one: float, piece_bytes: int) -> None:
        self._room = room
        self._seconds_of_one = seconds_of_one
        self._piece_bytes = piece_bytes

    async def wait(self) -> int:
        seconds = await self._room.wait(self._seconds_of_one)
        if seconds == inf:
            return 1 << 62
        return max(1, int(seconds / self._seconds_of_one)) * self._piece_bytes


def fed(maker: Feeder, parts: Parts, data: bytes, *, flush: bool) -> Iterator[AudioPiece]:
    """Yield the pieces of what was read; `flush` leaves nothing for the next read.

    Drop `data` before the next read: a stream waits long for room, and holds nothing meanwhile.
    """
    for part in parts.add(data):
        yield from maker.feed(part)
    if flush:
        yield from maker.feed(parts.rest())
