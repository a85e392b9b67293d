"""What a playlist of Apple's is made of, read more leniently than it is for playing."""

import base64
import binascii
import re
import statistics
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin

from applemusic_server.domain.errors import AppleMusicError
from applemusic_server.media.key_line import parse_attributes
from applemusic_server.media.playlist import MediaPlaylist, parse_media_playlist

_TAG: Final = re.compile(r"#EXT(M3U|[A-Z-]{1,30})", re.ASCII)
_METHOD: Final = re.compile(r"[A-Z][A-Z0-9-]{2,20}", re.ASCII)
_RANGE: Final = re.compile(r"([0-9]{1,12})(?:@([0-9]{1,12}))?", re.ASCII)
_SECONDS: Final = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,15})?", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]{1,6}", re.ASCII)
_FORMATS: Final = {
    "urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed": "Widevine",
    "com.apple.streamingkeydelivery": "FairPlay",
    "com.microsoft.playready": "PlayReady",
    "identity": "identity",
}
_KEY_ID_BYTES: Final = 16
_MOST_LINES: Final = 20_000


@dataclass
class PlaylistFacts:
    """What was found.

    Attributes:
        read: As the server reads it for playing; None when it would refuse it.
        durations: Of the segments, in seconds.
        sizes: Of the segments, in bytes.
        first_offset: Where the first segment begins; None when no line says so.
        keys: A short text per KEY line.
        tags: How often each tag is there.
        file_url: Where the file is; empty when no line says so.
    """

    read: MediaPlaylist | None = None
    durations: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    first_offset: int | None = None
    keys: list[str] = field(default_factory=list)
    tags: Counter[str] = field(default_factory=Counter)
    version: str = "none"
    target: str = "none"
    map_range: str = "no MAP line"
    files: set[str] = field(default_factory=set, repr=False)
    file_url: str = field(default="", repr=False)

    def structure(self) -> list[str]:
        """Return what the playlist says of itself."""
        others = sum(count for tag, count in self.tags.items() if tag == "other")
        names = ", ".join(sorted(tag for tag in self.tags if tag != "other"))
        return [
            f"the server {'can' if self.read else 'cannot'} play by it",
            (
                f"version {self.version}, target duration {self.target}, files named: "
                f"{len(self.files)}"
            ),
            f"init segment: {self.map_range}",
            *(f"key line: {each}" for each in self.keys[:4]),
            *(f"tags: {part}" for part in _parts(names)),
            *([f"other tags: {others}"] if others else []),
        ]

    def fragments(self) -> list[str]:
        """Return how long and how big the segments are."""
        if not self.durations:
            return ["no segments"]
        but_last = self.durations[:-1] or self.durations
        said = [
            f"{len(self.durations)} segments",
            f"all but the last: shortest {min(but_last):.3f} s, longest {max(but_last):.3f} s",
            f"median {statistics.median(but_last):.3f} s",
        ]
        if self.sizes:
            said.append(f"median of {statistics.median(self.sizes):.0f} bytes")
        return said

    @property
    def usual_duration(self) -> float:
        """Seconds of a segment that is not the last; 0 when there are none."""
        return statistics.median(self.durations[:-1] or self.durations or [0.0])


def read_playlist(text: str, url: str) -> PlaylistFacts:
    """Look at a playlist; whatever it is, no error is raised.

    Args:
        text: Its body.
        url: Where it came from.
    """
    facts = PlaylistFacts()
    try:
        facts.read = parse_media_playlist(text, url)
    except AppleMusicError:
        facts.read = None
    for line in text.split("\n")[:_MOST_LINES]:
        _line(facts, line.strip())
    if facts.read is not None:
        facts.file_url = facts.read.file_url
    elif facts.files:
        with suppress(ValueError):
            facts.file_url = urljoin(url, min(facts.files))
    return facts


def _line(facts: PlaylistFacts, line: str) -> None:
    if not line:
        return
    if not line.startswith("#"):
        facts.files.add(line)
        return
    tag, _, value = line.partition(":")
    facts.tags[tag if _TAG.fullmatch(tag) else "other"] += 1
    match tag:
        case "#EXTINF":
            seconds = value.partition(",")[0].strip()
            facts.durations.append(float(seconds) if _SECONDS.fullmatch(seconds) else 0.0)
        case "#EXT-X-BYTERANGE":
            _segment(facts, value)
        case "#EXT-X-VERSION":
            facts.version = _number(value)
        case "#EXT-X-TARGETDURATION":
            facts.target = _number(value)
        case "#EXT-X-MAP":
            facts.map_range = _map(value)
        case "#EXT-X-KEY":
            facts.keys.append(_key(value))


def _segment(facts: PlaylistFacts, value: str) -> None:
    found = _RANGE.fullmatch(value.strip())
    if found is None:
        return
    facts.sizes.append(int(found[1]))
    if facts.first_offset is None and found[2] is not None:
        facts.first_offset = int(found[2])


def _number(value: str) -> str:
    return value.strip() if _NUMBER.fullmatch(value.strip()) else "unreadable"


def _map(value: str) -> str:
    found = _RANGE.fullmatch(_attributes(value).get("BYTERANGE", ""))
    if found is None:
        return "MAP line without a byte range"
    return f"MAP line with {found[1]} bytes at {found[2] or 0}"


def _key(value: str) -> str:
    attributes = _attributes(value)
    method, uri = attributes.get("METHOD", ""), attributes.get("URI", "")
    named = attributes.get("KEYFORMAT")
    form = "no KEYFORMAT" if named is None else _FORMATS.get(named.lower(), "another KEYFORMAT")
    return f"METHOD {method if _METHOD.fullmatch(method) else 'other'}, {form}, URI {_uri(uri)}"


def _uri(uri: str) -> str:
    """Say what a key's address is; the key id in it is not told."""
    scheme, _, rest = uri.partition(":")
    if scheme != "data":
        return scheme if scheme in ("skd", "https", "http") else "other"
    try:
        data = base64.b64decode(rest.partition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        return "data that is no base64"
    zeros = ", beginning with 4 zeros" if data[:4] == bytes(4) else ""
    kind = "a key id" if len(data) == _KEY_ID_BYTES else "a pssh box" if b"pssh" in data else "data"
    return f"{kind} of {len(data)} bytes{zeros}"


def _attributes(value: str) -> dict[str, str]:
    try:
        return parse_attributes(value)
    except AppleMusicError:
        return {}


def _parts(names: str) -> Sequence[str]:
    return [names] if names else []
