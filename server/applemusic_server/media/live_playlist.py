"""Playlists of broadcasts: the variants of a master playlist, and the window of a live one.

Reference: RFC 8216. Its own file beside `playlist.py`: a song's playlist is one file with one key
and an end; here are many files, no key and no end, and nothing of the one is true of the other
(docs/adr/0013).
"""

import re
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from applemusic_server.domain.errors import FailedPreconditionError, InternalError, Reason
from applemusic_server.media.key_line import parse_attributes
from applemusic_server.media.live_failures import live_playlist_invalid, live_station_protected

MAX_PLAYLIST_BYTES = 1024 * 1024
MAX_SEGMENTS = 10_000
MAX_VARIANTS = 64
_MAX_LINES = 50_000
_MAX_URI = 4096
_MAX_NUMBER = 1 << 63
_MAX_TARGET = 600.0
_MAX_SEGMENT_BYTES = 1 << 34
_RANGE = re.compile(r"(\d{1,12})(?:@(\d{1,12}))?", re.ASCII)
_SECONDS = re.compile(r"\d{1,6}(?:\.\d{1,15})?", re.ASCII)
_NUMBER = re.compile(r"\d{1,19}", re.ASCII)
# AAC-LC, HE-AAC and HE-AAC v2; 34 is MP3, which comes under the same name.
_AAC = re.compile(r"mp4a\.40\.0?(2|5|29)", re.ASCII)
_REFUSED_TAGS = ("#EXT-X-DEFINE", "#EXT-X-SKIP", "#EXT-X-I-FRAMES-ONLY")
_UNPROTECTED = "NONE"


@dataclass(frozen=True, slots=True)
class Variant:
    """One form in which a broadcast is offered.

    Attributes:
        url: Of its media playlist.
        bandwidth: Bits per second, as promised.
        codec: RFC 6381, empty when it is not told.
    """

    url: str = field(repr=False)
    bandwidth: int
    codec: str


@dataclass(frozen=True, slots=True)
class LiveSegment:
    """One file, or one part of one.

    Attributes:
        number: Its media sequence number.
        url: Whether it may be fetched is for the transport to decide. May be signed.
        byte_range: First byte and the one after the last; None is the whole file.
        duration: Seconds, as promised.
        init_url: Of the init segment that it needs; empty for packed audio and MPEG-TS.
        absent: The broadcaster itself says that it is not there.
    """

    number: int
    url: str = field(repr=False)
    byte_range: tuple[int, int] | None
    duration: float
    init_url: str = field(default="", repr=False)
    absent: bool = False


@dataclass(frozen=True, slots=True)
class LivePlaylist:
    """What can be fetched of a broadcast now.

    Attributes:
        target_duration: Seconds; no segment is longer.
        segments: Their numbers have no gaps. None at all before a broadcast begins.
        ended: Nothing will follow.
    """

    target_duration: float
    segments: tuple[LiveSegment, ...]
    ended: bool


def parse_live_playlist(text: str, url: str) -> LivePlaylist | tuple[Variant, ...]:
    """Read a playlist of a broadcast.

    Args:
        text: The body.
        url: The address that it came from, redirects followed.

    Returns:
        A media playlist, or the variants of a master playlist that are AAC and nothing else, the
        best first.

    Raises:
        InternalError: UPSTREAM_RESPONSE_INVALID.
        FailedPreconditionError: LIVE_STATION_PROTECTED; RENDITION_NOT_FOUND, none of the variants
            is AAC.
    """
    if len(text) > MAX_PLAYLIST_BYTES:
        raise live_playlist_invalid(f"it has more than {MAX_PLAYLIST_BYTES} characters")
    lines = [line.strip() for line in text.removeprefix("\ufeff").split("\n")]
    if len(lines) > _MAX_LINES:
        raise live_playlist_invalid(f"it has more than {_MAX_LINES} lines")
    if lines[0] != "#EXTM3U":
        raise live_playlist_invalid("it does not begin with #EXTM3U")
    lines = [line for line in lines[1:] if line]
    if any(line.startswith(("#EXT-X-STREAM-INF:", "#EXT-X-MEDIA:")) for line in lines):
        return _variants(lines, url)
    reading = _MediaReading(url)
    for line in lines:
        reading.line(line)
    return reading.result()


def _variants(lines: list[str], base: str) -> tuple[Variant, ...]:
    groups: dict[str, str] = {}
    offered: list[tuple[dict[str, str], str]] = []
    pending: dict[str, str] | None = None
    for line in lines:
        tag, _, value = line.partition(":")
        if tag in ("#EXT-X-SESSION-KEY", "#EXT-X-KEY"):
            _refuse_protection(value)
        elif tag == "#EXT-X-STREAM-INF":
            pending = _attributes(value)
        elif tag == "#EXT-X-MEDIA":
            attributes = _attributes(value)
            if attributes.get("TYPE") == "AUDIO" and "URI" in attributes:
                group = attributes.get("GROUP-ID", "")
                if group not in groups or attributes.get("DEFAULT") == "YES":
                    groups[group] = attributes["URI"]
        elif not line.startswith("#") and pending is not None:
            offered.append((pending, line))
            pending = None
        if len(offered) > MAX_VARIANTS or len(groups) > MAX_VARIANTS:
            raise live_playlist_invalid(f"it has more than {MAX_VARIANTS} variants")
    found = [
        each for attributes, uri in offered if (each := _variant(attributes, uri, groups, base))
    ]
    if not found:
        raise FailedPreconditionError(
            Reason.RENDITION_NOT_FOUND, "the broadcast is offered in no form that is AAC alone"
        )
    return tuple(sorted(found, key=lambda each: -each.bandwidth))


def _variant(
    attributes: dict[str, str], uri: str, groups: dict[str, str], base: str
) -> Variant | None:
    codecs = [each.strip() for each in attributes.get("CODECS", "").split(",") if each.strip()]
    audio = [each for each in codecs if _AAC.fullmatch(each)]
    # Sound that comes apart from pictures can be had alone.
    apart = groups.get(attributes.get("AUDIO", ""))
    has_pictures = "RESOLUTION" in attributes or len(codecs) > len(audio)
    if (codecs and not audio) or (has_pictures and apart is None):
        return None
    bandwidth = attributes.get("BANDWIDTH", "0")
    if not _NUMBER.fullmatch(bandwidth):
        raise live_playlist_invalid("a bandwidth that is none")
    url = _resolve(base, uri if apart is None else apart)
    return Variant(url, int(bandwidth), audio[0] if audio else "")


class _MediaReading:
    """A media playlist as far as it has been read."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._target: float | None = None
        self._number = 0
        self._segments: list[LiveSegment] = []
        self._duration: float | None = None
        self._range: tuple[int, int | None] | None = None
        self._last_range: tuple[str, int] = ("", 0)
        self._init = ""
        self._absent = False
        self._ended = False

    def line(self, line: str) -> None:
        if not line.startswith("#"):
            self._segment(line)
        elif line.startswith(_REFUSED_TAGS):
            raise live_playlist_invalid(f"it has the tag {line.split(':', 1)[0][:40]!r}")
        else:
            self._tag(line)

    def _tag(self, line: str) -> None:
        tag, _, value = line.partition(":")
        match tag:
            case "#EXTINF":
                self._duration = _seconds(value.split(",", 1)[0].strip())
            case "#EXT-X-TARGETDURATION":
                self._target = _seconds(value.strip())
            case "#EXT-X-MEDIA-SEQUENCE":
                self._sequence(value.strip())
            case "#EXT-X-BYTERANGE":
                self._range = _byte_range(value)
            case "#EXT-X-KEY":
                _refuse_protection(value)
            case "#EXT-X-MAP":
                self._init = _resolve(self._url, _attributes(value).get("URI", ""))
            case "#EXT-X-GAP":
                self._absent = True
            case "#EXT-X-ENDLIST":
                self._ended = True

    def _sequence(self, value: str) -> None:
        if self._segments or not _NUMBER.fullmatch(value) or int(value) >= _MAX_NUMBER:
            raise live_playlist_invalid("a media sequence number that is none")
        self._number = int(value)

    def _segment(self, uri: str) -> None:
        if self._duration is None:
            raise live_playlist_invalid("a segment without EXTINF")
        if len(self._segments) >= MAX_SEGMENTS:
            raise live_playlist_invalid(f"it has more than {MAX_SEGMENTS} segments")
        url = _resolve(self._url, uri)
        number = self._number + len(self._segments)
        part = self._part(url)
        segment = LiveSegment(number, url, part, self._duration, self._init, self._absent)
        self._segments.append(segment)
        self._duration = self._range = None
        self._absent = False

    def _part(self, url: str) -> tuple[int, int] | None:
        if self._range is None:
            return None
        length, offset = self._range
        if offset is None:
            last, offset = self._last_range
            if last != url:
                raise live_playlist_invalid("a byte range that follows none")
        if length == 0 or offset + length > _MAX_SEGMENT_BYTES:
            raise live_playlist_invalid("a byte range that is none")
        self._last_range = url, offset + length
        return offset, offset + length

    def result(self) -> LivePlaylist:
        if self._target is None or not 0 < self._target <= _MAX_TARGET:
            raise live_playlist_invalid("it does not say how long its segments are")
        return LivePlaylist(self._target, tuple(self._segments), self._ended)


def _attributes(value: str) -> dict[str, str]:
    try:
        return parse_attributes(value)
    except InternalError:
        raise live_playlist_invalid("it has an attribute list that is none") from None


def _refuse_protection(value: str) -> None:
    if _attributes(value).get("METHOD") != _UNPROTECTED:
        raise live_station_protected()


def _resolve(base: str, uri: str) -> str:
    if not 0 < len(uri) <= _MAX_URI:
        raise live_playlist_invalid("it has an address that is none")
    try:
        url = urljoin(base, uri)
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable:
        raise live_playlist_invalid("it has an address that is not http or https")
    return url


def _byte_range(value: str) -> tuple[int, int | None]:
    match = _RANGE.fullmatch(value.strip().strip('"'))
    if match is None:
        raise live_playlist_invalid("a byte range that is none")
    return int(match[1]), int(match[2]) if match[2] else None


def _seconds(value: str) -> float:
    if not _SECONDS.fullmatch(value):
        raise live_playlist_invalid("a duration that is none")
    return float(value)
