"""Apple's ctrp256 playlist: one file, its key id and its table of fragments.

Reference: observed by others, written down as apple-music-api.md section 8.3 in the design notes.
Two layouts are known; neither's order of lines or attributes is relied on.
"""

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, overload
from urllib.parse import urljoin, urlsplit

from applemusic_server.domain.errors import FailedPreconditionError, Reason
from applemusic_server.media.failures import playlist_invalid
from applemusic_server.media.key_line import KeyLine, parse_attributes, parse_key_line

MAX_PLAYLIST_BYTES = 256 * 1024
MAX_LINES = 20_000
MAX_SEGMENTS = 5_000
# 16 GiB and a day: far beyond any song, small enough that no sum surprises.
_MAX_FILE_BYTES = 1 << 34
_MAX_SECONDS = 86_400.0
_MAX_URI = 4096
_RANGE = re.compile(r"(\d{1,12})(?:@(\d{1,12}))?", re.ASCII)
_SECONDS = re.compile(r"\d{1,6}(?:\.\d{1,15})?", re.ASCII)
# A master playlist, or a live one. A discontinuity is neither: file and key are one all the same,
# and whether the fragments follow each other in time is checked where they are read.
_REFUSED_TAGS = (
    "#EXT-X-STREAM-INF",
    "#EXT-X-MEDIA:",
    "#EXT-X-I-FRAME",
    "#EXT-X-DEFINE",
    "#EXT-X-SKIP",
    "#EXT-X-PART",
)


class Segment(NamedTuple):
    """One byte range of the file: one fragment, or several whole ones.

    Attributes:
        offset: Offset of its first byte in the file.
        length: Its bytes.
        start: Media time of its beginning in seconds, by the durations before it.
        duration: Seconds.
    """

    offset: int
    length: int
    start: float
    duration: float

    @property
    def end(self) -> int:
        """Offset after its last byte."""
        return self.offset + self.length


class SegmentTable(Sequence[Segment]):
    """Segments that follow each other, in a quarter of the memory.

    Every stream keeps its playlist for as long as it lasts.
    """

    __slots__ = ("_durations", "_offsets", "_starts")

    def __init__(self, segments: Iterable[Segment]) -> None:
        self._offsets = array("Q", (0,))
        self._starts = array("d")
        self._durations = array("d")
        for offset, length, start, duration in segments:
            self._offsets[-1] = offset
            self._offsets.append(offset + length)
            self._starts.append(start)
            self._durations.append(duration)

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, index: int) -> Segment: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Segment, ...]: ...
    def __getitem__(self, index: int | slice) -> Segment | tuple[Segment, ...]:
        numbers = range(len(self._starts))
        if isinstance(index, slice):
            return tuple(map(self._at, numbers[index]))
        return self._at(numbers[index])

    def __iter__(self) -> Iterator[Segment]:
        places = zip(self._offsets, self._offsets[1:], self._starts, self._durations, strict=False)
        for offset, end, start, duration in places:
            yield Segment(offset, end - offset, start, duration)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def _at(self, number: int) -> Segment:
        offset = self._offsets[number]
        length = self._offsets[number + 1] - offset
        return Segment(offset, length, self._starts[number], self._durations[number])


@dataclass(frozen=True, slots=True)
class MediaPlaylist:
    """A song as Apple offers it.

    Attributes:
        file_url: The one media file, resolved against the playlist's address. Whether it may be
            fetched, and with which scheme, is for the transport to decide. May be signed.
        key_uri: The KEY line's URI as it stands there; the licence request repeats it.
        key_id: The 16 bytes in it.
        init_end: Offset after the init segment, which begins at 0; None if nothing tells where
            it ends (then it is at the head of the first segment).
        segments: All byte ranges, in order and without gaps.
    """

    file_url: str = field(repr=False)
    key_uri: str
    key_id: bytes
    init_end: int | None
    segments: Sequence[Segment]

    @property
    def total_bytes(self) -> int:
        """Offset after the last segment: where a complete song ends."""
        return self.segments[-1].end

    @property
    def total_duration(self) -> float:
        """Seconds of all segments; priming and padding are part of it."""
        last = self.segments[-1]
        return last.start + last.duration


def parse_media_playlist(
    text: str, base_url: str, *, max_bytes: int = MAX_PLAYLIST_BYTES
) -> MediaPlaylist:
    """Read a playlist.

    Args:
        text: The body.
        base_url: The address that it came from.
        max_bytes: Refuse more characters than this.

    Raises:
        InternalError: UPSTREAM_RESPONSE_INVALID, not a complete media playlist of byte ranges of
            one file.
        FailedPreconditionError: RENDITION_NOT_FOUND, no key line that Widevine can serve.
    """
    if len(text) > max_bytes:
        raise playlist_invalid(f"it has more than {max_bytes} characters")
    lines = [line.strip() for line in text.removeprefix("\ufeff").split("\n")]
    if len(lines) > MAX_LINES:
        raise playlist_invalid(f"it has more than {MAX_LINES} lines")
    if lines[0] != "#EXTM3U":
        raise playlist_invalid("it does not begin with #EXTM3U")
    reading = _Reading(base_url)
    for line in lines[1:]:
        if line:
            reading.line(line)
    return reading.result()


class _Reading:
    """The playlist as far as it has been read."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._file: tuple[str, str] | None = None
        self._keys: list[KeyLine] = []
        self._init: tuple[int, int] | None = None
        self._map_line: str | None = None
        self._segments: list[Segment] = []
        self._duration: float | None = None
        self._range: tuple[int, int | None] | None = None
        self._ended = False

    def line(self, line: str) -> None:
        if not line.startswith("#"):
            self._segment(line)
            return
        tag, _, value = line.partition(":")
        match tag:
            case "#EXTINF":
                self._duration = _seconds(value.split(",", 1)[0].strip())
            case "#EXT-X-BYTERANGE":
                self._range = _byte_range(value)
            case "#EXT-X-MAP":
                self._map(value)
            case "#EXT-X-KEY":
                key = parse_key_line(value)
                if key and key not in self._keys:
                    self._keys.append(key)
            case "#EXT-X-ENDLIST":
                self._ended = True
            case _ if line.startswith(_REFUSED_TAGS):
                raise playlist_invalid(f"it has the tag {tag[:40]!r}")

    def _map(self, value: str) -> None:
        if value == self._map_line:
            return  # said again, as after a KEY line or a discontinuity
        attributes = parse_attributes(value)
        if "URI" not in attributes:
            raise playlist_invalid("its MAP line has no URI")
        if self._map_line is not None:
            raise playlist_invalid("it has more than one init segment")
        self._map_line = value
        self._use_file(attributes["URI"])
        if "BYTERANGE" in attributes:
            length, offset = _byte_range(attributes["BYTERANGE"])
            self._init = (offset or 0, length)

    def _segment(self, uri: str) -> None:
        self._use_file(uri)
        if self._duration is None or self._range is None:
            raise playlist_invalid("a segment without EXTINF or BYTERANGE")
        if len(self._segments) >= MAX_SEGMENTS:
            raise playlist_invalid(f"it has more than {MAX_SEGMENTS} segments")
        length, offset = self._range
        start = 0.0
        if self._segments:
            last = self._segments[-1]
            start = last.start + last.duration
            if offset is not None and offset != last.end:
                raise playlist_invalid("its byte ranges do not follow each other")
            offset = last.end
        if offset is None:
            offset = sum(self._init) if self._init else 0
        if length == 0 or offset + length > _MAX_FILE_BYTES or start > _MAX_SECONDS:
            raise playlist_invalid("a segment of no bytes, or a song without end")
        self._segments.append(Segment(offset, length, start, self._duration))
        self._duration = self._range = None

    def _use_file(self, uri: str) -> None:
        if self._file is None:
            self._file = (uri, self._resolve(uri))
        elif uri != self._file[0] and self._resolve(uri) != self._file[1]:
            raise playlist_invalid("it names more than one file")

    def _resolve(self, uri: str) -> str:
        if len(uri) > _MAX_URI:
            raise playlist_invalid("it has an address that is too long")
        try:
            url = urljoin(self._base_url, uri)
            parts = urlsplit(url)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        except ValueError:
            usable = False
        if not usable:
            raise playlist_invalid("it has an address that is not http or https")
        return url

    def result(self) -> MediaPlaylist:
        if not self._ended:
            raise playlist_invalid("it has no end: it was cut off, or is a live one")
        if self._file is None or not self._segments:
            raise playlist_invalid("it has no segments")
        if not any(segment.duration for segment in self._segments):
            raise playlist_invalid("its segments last no time")
        if not self._keys:
            raise FailedPreconditionError(
                Reason.RENDITION_NOT_FOUND,
                "the playlist has no key that Widevine can serve (AES-CTR)",
            )
        if len({key.key_id for key in self._keys}) > 1:
            raise playlist_invalid("its key changes in the middle of the song")
        return MediaPlaylist(
            file_url=self._file[1],
            key_uri=self._keys[0].uri,
            key_id=self._keys[0].key_id,
            init_end=self._init_end(self._segments[0].offset),
            segments=SegmentTable(self._segments),
        )

    def _init_end(self, first_segment: int) -> int | None:
        if self._init is None:
            return first_segment or None
        offset, length = self._init
        if offset != 0 or length == 0 or length > first_segment:
            raise playlist_invalid("its init segment is not at the head of the file")
        return length


def _byte_range(value: str) -> tuple[int, int | None]:
    match = _RANGE.fullmatch(value.strip().strip('"'))
    if match is None:
        raise playlist_invalid("a byte range that is none")
    return int(match[1]), int(match[2]) if match[2] else None


def _seconds(value: str) -> float:
    if not _SECONDS.fullmatch(value):
        raise playlist_invalid("a duration that is none")
    return float(value)
