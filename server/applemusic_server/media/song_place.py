"""Where in Apple's file the bytes of a stream lie."""

from dataclasses import dataclass

from applemusic_server.domain.errors import OutOfRangeError, Reason
from applemusic_server.media.adts_index import AdtsIndex
from applemusic_server.media.adts_sizes import Ranges, adts_sizes
from applemusic_server.media.movie import Movie
from applemusic_server.media.playlist import MediaPlaylist
from applemusic_server.media.seek import start_at_byte

# Heads of segments asked for at the same time.
_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Place:
    """What to read, and what to leave out of what comes of it.

    Attributes:
        fetch_from: Offset in the file: 0, or where a segment begins.
        drop: Bytes of output to leave out.
        with_init: Whether the init segment comes first in the output, although `fetch_from` is
            behind it.
    """

    fetch_from: int
    drop: int
    with_init: bool

    @property
    def from_head(self) -> bool:
        """Whether the init segment is read on the way."""
        return self.fetch_from == 0


def stream_bytes(playlist: MediaPlaylist, segment: int, init_bytes: int) -> int:
    """Bytes of the clean MP4 that begins with a segment; its init segment comes first."""
    if segment == 0:
        return playlist.total_bytes
    return init_bytes + playlist.total_bytes - playlist.segments[segment].offset


def mp4_place(playlist: MediaPlaylist, segment: int, byte_offset: int, init_bytes: int) -> Place:
    """The place of a byte of the clean MP4 that begins with a segment.

    Raises:
        OutOfRangeError: OFFSET_OUT_OF_RANGE.
    """
    total = stream_bytes(playlist, segment, init_bytes)
    if byte_offset >= total:
        raise past_end(byte_offset, total)
    if segment:
        first = playlist.segments[segment].offset
        if byte_offset < init_bytes:
            return Place(first, byte_offset, with_init=True)
        byte_offset += first - init_bytes
    point = start_at_byte(playlist, byte_offset)
    return Place(point.fetch_from, point.drop_bytes, with_init=False)


async def adts_place(
    playlist: MediaPlaylist, segment: int, byte_offset: int, movie: Movie, ranges: Ranges
) -> Place:
    """The place of a byte of the ADTS stream that begins with a segment.

    An ADTS offset depends on every frame before it. So the heads of the segments from there on
    are read, 16 KiB each and four at a time, until the byte is found: for the middle of a 4-minute
    song some 150 KB in three or four round trips, where to read it all again would be 4 MB.

    Raises:
        OutOfRangeError: OFFSET_OUT_OF_RANGE.
        DataLossError: MEDIA_MALFORMED.
        AppleMusicError: What the file server refuses with.
    """
    index = AdtsIndex()
    segments = playlist.segments[segment:]
    for at in range(0, len(segments), _AT_ONCE):
        for size in await adts_sizes(ranges, segments[at : at + _AT_ONCE], movie):
            index.note(index.known_segments, size)
        if (found := index.locate(byte_offset)) is not None:
            number = segment + found[0]
            return Place(
                playlist.segments[number].offset if number else 0, found[1], with_init=False
            )
    raise past_end(byte_offset, index.known_bytes)


def past_end(byte_offset: int, total: int) -> OutOfRangeError:
    """A byte at or behind the end of a stream was asked for."""
    return OutOfRangeError(
        Reason.OFFSET_OUT_OF_RANGE,
        f"byte_offset {byte_offset} is not before the end: the stream has {total} bytes",
        metadata={"total": str(total)},
    )
