"""Where to begin in a file: at a byte for a resume, at a time for a seek."""

from bisect import bisect_right
from dataclasses import dataclass
from operator import attrgetter

from applemusic_server.domain.errors import OutOfRangeError, Reason
from applemusic_server.media.playlist import MediaPlaylist

# Four frames: more than the rounding of a playlist's durations.
TIME_TOLERANCE = 0.1


@dataclass(frozen=True, slots=True)
class StartPoint:
    """Where to begin to read, and what to drop.

    Attributes:
        fetch_from: Offset in the file of the first byte to read: 0, or where a segment begins.
        drop_bytes: Bytes of clean MP4 to drop before the first one wanted.
        start: Media time in seconds of the segment that is read first.
        needs_movie: Whether `fetch_from` is behind the init segment, so that a `Decryptor` must be
            given its facts.
    """

    fetch_from: int
    drop_bytes: int
    start: float
    needs_movie: bool


def start_at_byte(playlist: MediaPlaylist, byte_offset: int) -> StartPoint:
    """Where to begin so that clean MP4 goes on at exactly `byte_offset`.

    The clean file has the source's offsets. Decryption begins at a fragment, so up to one segment
    is read again and dropped.

    Raises:
        OutOfRangeError: OFFSET_OUT_OF_RANGE, negative or behind the end. The end itself is
            allowed: nothing is left to read.
    """
    if not 0 <= byte_offset <= playlist.total_bytes:
        raise _out_of_range(f"byte {byte_offset} of {playlist.total_bytes}")
    if byte_offset == playlist.total_bytes:
        return StartPoint(byte_offset, 0, playlist.total_duration, needs_movie=True)
    first = playlist.segments[0]
    if byte_offset < first.end or playlist.init_end is None:
        return StartPoint(0, byte_offset, 0.0, needs_movie=False)
    number = bisect_right(playlist.segments, byte_offset, key=attrgetter("offset")) - 1
    segment = playlist.segments[max(0, number)]
    return StartPoint(segment.offset, byte_offset - segment.offset, segment.start, needs_movie=True)


def segment_at_time(playlist: MediaPlaylist, seconds: float, *, tolerance: float = 0.0) -> int:
    """The number of the segment in which `seconds` (media time, priming counted) lies.

    For clean MP4 the stream is the init segment and then this one: feed the first, `jump`, feed
    the other. For ADTS, `AdtsWriter(start)` then drops to the exact frame.

    Args:
        playlist: The song.
        seconds: Where to begin.
        tolerance: By how much the playlist's times may be too early, in seconds. The durations
            in it are rounded; where no frame may be missing (ADTS), give `TIME_TOLERANCE`: just
            behind the beginning of a segment the one before is then chosen.

    Raises:
        OutOfRangeError: OFFSET_OUT_OF_RANGE, negative or not before the end.
    """
    if not 0 <= seconds < playlist.total_duration:
        raise _out_of_range(f"{seconds:.3f} s of {playlist.total_duration:.3f} s")
    place = seconds - tolerance
    return max(0, bisect_right(playlist.segments, place, key=attrgetter("start")) - 1)


def _out_of_range(what: str) -> OutOfRangeError:
    return OutOfRangeError(Reason.OFFSET_OUT_OF_RANGE, f"the start is outside of the song: {what}")
