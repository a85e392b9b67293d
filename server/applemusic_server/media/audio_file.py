"""What a plain file of audio is: found out from its bytes, never from its name or address."""

import hashlib
from dataclasses import dataclass, field

from applemusic_server.media.failures import malformed
from applemusic_server.media.file_times import FileTimes, FrameTimes
from applemusic_server.media.frame_header import (
    FrameHeader,
    ParseFrame,
    find_frames,
    frames_of,
    parse_adts,
    parse_mp3,
)
from applemusic_server.media.mp3_tag import DECODER_DELAY, Mp3Tag, read_mp3_tag
from applemusic_server.media.plain_mp4 import Ask, PlainMovie, Span, read_plain_mp4
from applemusic_server.media.sample_table import SampleTable
from applemusic_server.media.tags import TAG_HEAD_BYTES, tag_size

_HEAD_BYTES = 4096
# Among so many bytes behind the tags the frames begin, or this is no such file.
_WINDOW_BYTES = 48 * 1024
_MOST_TAGS = 4
_FTYP_END = 8
# Main data of an MP3 frame may begin up to 511 bytes before its header.
_RESERVOIR_BYTES = 511
_MOST_FRAME_BYTES = 2048


@dataclass(frozen=True, slots=True)
class AudioFile:
    """A plain file.

    Attributes:
        mime_type: What it truly is.
        codec: RFC 6381.
        bit_rate: Average bits per second of the audio.
        seconds: Playing time; of what is to be heard, where the file says so.
        priming: Samples at the beginning that are not to be heard.
        padding: The same at the end; 0 when not known.
        total_samples: Of what is to be heard; 0 when not known.
        audio_start: Offset of the first frame; of the first box of an MP4.
        total_bytes: Of the file.
        times: Which byte is heard when.
        digest: Of the file's head.
        frames: For a file of frames whose places are known by time: how to find one.
        movie: For an MP4.
    """

    mime_type: str
    codec: str
    sample_rate: int
    channels: int
    bit_rate: int
    seconds: float
    priming: int
    padding: int
    total_samples: int
    audio_start: int
    total_bytes: int
    times: FileTimes = field(repr=False)
    digest: bytes = field(repr=False)
    frames: FrameTimes | None = field(default=None, repr=False)
    parse: ParseFrame | None = field(default=None, repr=False)
    movie: PlainMovie | None = field(default=None, repr=False)

    @property
    def table(self) -> SampleTable | None:
        """The samples of an MP4 that can be begun at any of them; else None."""
        table = self.movie.table if self.movie else None
        return table if table is not None and isinstance(self.times, _TableTimes) else None

    @property
    def seekable(self) -> bool:
        """Whether it can be begun at any time."""
        return self.table is not None or self.frames is not None

    def window_at(self, seconds: float) -> Span:
        """Where to look for the frame that is heard at a time; for a file of frames.

        It begins so much earlier that a decoder finds what the frame refers to.
        """
        if self.frames is None:
            raise RuntimeError("a file that cannot be begun at a time")
        offset = self.frames.offset_at(seconds) - _RESERVOIR_BYTES - _MOST_FRAME_BYTES // 2
        start = max(self.audio_start, offset)
        return Span(start, min(self.total_bytes, start + 8 * _MOST_FRAME_BYTES))

    def frame_in(self, window: Span, data: bytes) -> int | None:
        """Offset of the first frame in a window; None if there is none."""
        if self.parse is None:
            raise RuntimeError("a file that cannot be begun at a time")
        found = find_frames(data, self.parse, at_end=window.end >= self.total_bytes)
        return None if found is None else window.start + found


def read_audio_file(total: int, hint: float) -> Ask[AudioFile]:
    """Find out what a file is.

    Args:
        total: Bytes of the file.
        hint: Seconds that it is said to play; 0 when nobody said.

    Raises:
        DataLossError: MEDIA_MALFORMED, none of MP4, MP3 and ADTS, or a broken one.
        FailedPreconditionError: RENDITION_NOT_FOUND, it is protected.
    """
    head = yield Span(0, min(total, _HEAD_BYTES))
    digest = hashlib.sha256(total.to_bytes(8, "big") + head).digest()
    if head[4:_FTYP_END] == b"ftyp":
        movie = yield from read_plain_mp4(total)
        return _of_movie(movie, total, digest, hint)
    start = 0
    for _ in range(_MOST_TAGS):
        tag = yield Span(start, min(total, start + TAG_HEAD_BYTES))
        size = tag_size(tag)
        if not size:
            break
        start += size
        if start >= total:
            raise malformed("nothing but tags")
    window = yield Span(start, min(total, start + _WINDOW_BYTES))
    at_end = start + len(window) >= total
    for parse in (parse_mp3, parse_adts):
        found = find_frames(window, parse, at_end=at_end)
        if found is not None:
            frames = frames_of(window, found, parse)
            place = _Place(start + found, total, digest, hint)
            if parse is parse_mp3:
                return _of_mp3(window[found:], frames, place)
            return _of_adts(frames, place)
    raise malformed("it is neither MP4 nor MP3 nor ADTS")


@dataclass(frozen=True, slots=True)
class _Place:
    start: int
    total: int
    digest: bytes
    hint: float


def _of_mp3(data: bytes, frames: list[FrameHeader], place: _Place) -> AudioFile:
    first, start, total = frames[0], place.start, place.total
    tag = read_mp3_tag(data[: first.size], first, total - start)
    begin = start + first.size if tag else start
    audio = frames[1:] if tag and len(frames) > 1 else frames
    constant = len({each.bit_rate for each in audio}) == 1
    average = _average(audio)
    frame = first.samples / first.sample_rate
    samples = (tag.frames if tag else 0) * first.samples
    if samples:
        seconds = samples / first.sample_rate
    elif constant or not place.hint:
        seconds = (total - begin) * 8 / average
    else:
        seconds = place.hint
    told = tag is None or tag.constant
    points = _toc(tag, start, begin, total) if tag and samples and not told else ()
    known = bool(points) or (constant and told)
    times = FrameTimes(points or (begin, total), max(seconds, frame), frame)
    delay = tag.delay if tag and samples else None
    priming = 0 if delay is None else delay + DECODER_DELAY
    heard = 0 if delay is None or tag is None else max(0, samples - delay - tag.padding)
    return AudioFile(
        mime_type="audio/mpeg",
        codec=first.codec,
        sample_rate=first.sample_rate,
        channels=first.channels,
        bit_rate=round((total - begin) * 8 / max(seconds, frame)),
        seconds=heard / first.sample_rate if heard else seconds,
        priming=priming,
        padding=max(0, samples - priming - heard) if heard else 0,
        total_samples=heard,
        audio_start=begin,
        total_bytes=total,
        times=times,
        digest=place.digest,
        frames=times if known else None,
        parse=parse_mp3,
    )


def _toc(tag: Mp3Tag, start: int, begin: int, total: int) -> tuple[int, ...]:
    """The offsets of each percent, from the tag's own table; empty when there is none."""
    if not tag.toc:
        return ()
    size, last, points = total - start, begin, list[int]()
    for share in tag.toc:
        last = max(last, min(total - 1, start + share * size // 256))
        points.append(last)
    points[0] = begin
    return (*points, total)


def _of_adts(frames: list[FrameHeader], place: _Place) -> AudioFile:
    first, start, total = frames[0], place.start, place.total
    bit_rate = _average(frames)
    seconds = place.hint or (total - start) * 8 / bit_rate
    return AudioFile(
        mime_type="audio/aac",
        codec=first.codec,
        sample_rate=first.sample_rate,
        channels=first.channels,
        bit_rate=round((total - start) * 8 / seconds),
        seconds=seconds,
        priming=0,
        padding=0,
        total_samples=0,
        audio_start=start,
        total_bytes=total,
        # Its frames have any size, and nothing says where they are.
        times=FrameTimes((start, total), seconds, first.samples / first.sample_rate),
        digest=place.digest,
        parse=parse_adts,
    )


def _average(frames: list[FrameHeader]) -> float:
    seconds = sum(each.samples for each in frames) / frames[0].sample_rate
    return sum(each.size for each in frames) * 8 / seconds


def _of_movie(movie: PlainMovie, total: int, digest: bytes, hint: float) -> AudioFile:
    rate, timescale, table = movie.sample_rate, movie.timescale, movie.table
    seconds = movie.duration / timescale or hint
    if not seconds:
        raise malformed("an MP4 that does not say how long it plays")
    frame = movie.audio.frame_samples if movie.audio else 1
    times: FileTimes
    if table is not None and table.in_order():
        times, start, end = _TableTimes(table, timescale), table.start, table.end
    else:
        times, start, end = FrameTimes((0, total), seconds, frame / rate), 0, total
    heard = movie.presentation * rate // timescale
    priming = movie.priming * rate // timescale
    decoded = -(-movie.duration * rate // (timescale * frame)) * frame
    return AudioFile(
        mime_type="audio/mp4",
        codec=movie.codec,
        sample_rate=rate,
        channels=movie.channels,
        bit_rate=round((end - start) * 8 / seconds),
        seconds=heard / rate if heard else seconds - priming / rate,
        priming=priming,
        padding=max(0, decoded - priming - heard) if heard else 0,
        total_samples=heard,
        audio_start=0,
        total_bytes=total,
        times=times,
        digest=digest,
        movie=movie,
    )


class _TableTimes:
    """Times from an MP4's table of samples."""

    def __init__(self, table: SampleTable, timescale: int) -> None:
        self._table = table
        self._timescale = timescale

    def time_at(self, offset: int) -> float:
        return self._table.time(self._table.sample_at_offset(offset)) / self._timescale
