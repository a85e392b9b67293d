"""How long a song's segments are as ADTS, from the heads of their fragments alone."""

import asyncio
from collections.abc import Callable, Sequence

from applemusic_server.media.adts import adts_size
from applemusic_server.media.boxes import read_header
from applemusic_server.media.failures import malformed
from applemusic_server.media.fragment import parse_fragment
from applemusic_server.media.fragment_reader import MAX_HEADER_BOX_BYTES, MAX_OTHER_BOXES
from applemusic_server.media.movie import Movie
from applemusic_server.media.playlist import Segment
from applemusic_server.media.ranges import RangeReader

# A moof of 15 s has 8 KB; what is asked for is read to its end, so that the connection stays.
PROBE_BYTES = 16 * 1024

Ranges = Callable[[int, int], RangeReader]


async def adts_segment_size(ranges: Ranges, segment: Segment, movie: Movie) -> int:
    """How many bytes of ADTS a segment becomes. Reads its `moof` boxes and hardly any audio.

    Args:
        ranges: Makes a reader from one offset in the file to another.
        segment: One fragment, or several.
        movie: The facts of the track.

    Raises:
        DataLossError: MEDIA_MALFORMED.
        AppleMusicError: See `RangeReader`.
    """
    at, size, others = segment.offset, 0, 0
    while at < segment.end:
        kind, box, stop = await _box(ranges, at, segment.end)
        if kind == b"moof":
            fragment, _ = parse_fragment(box, movie, at)
            size += adts_size(fragment)
            stop = max(stop, at + fragment.data_offset + fragment.data_bytes)
        else:
            others += 1
        if stop > segment.end or others > MAX_OTHER_BOXES:
            raise malformed("a segment that does not end with a fragment")
        at = stop
    return size


async def _box(ranges: Ranges, at: int, end: int) -> tuple[bytes, bytes, int]:
    """Kind, bytes (all of them, if it is a `moof`) and end of the box at an offset."""
    head = b""
    while True:
        begin = at + len(head)
        if begin >= end:
            raise malformed("a segment that ends inside a box")
        head += await _read(ranges(begin, min(end, begin + PROBE_BYTES)))
        header = read_header(head)
        if header is None:
            continue
        if header.kind != b"moof" or len(head) >= header.size:
            return header.kind, head[: header.size], at + header.size
        if header.size > MAX_HEADER_BOX_BYTES:
            raise malformed("a 'moof' that is too big")


async def _read(reader: RangeReader) -> bytes:
    async with reader:
        return b"".join([data async for data in reader])


async def adts_sizes(ranges: Ranges, segments: Sequence[Segment], movie: Movie) -> list[int]:
    """`adts_segment_size` of several segments at the same time; the first failure ends all."""
    tasks = [
        asyncio.ensure_future(adts_segment_size(ranges, segment, movie)) for segment in segments
    ]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
