"""ID3 tags in front of packed audio: when a segment begins, and what plays.

References: id3.org (ID3v2.3 and v2.4); RFC 8216 section 3.4 for the timestamp.
"""

from dataclasses import dataclass

_HEAD = 10
_FOOTER_FLAG, _EXTENDED_FLAG, _UNSYNCHRONISED_FLAG = 0x10, 0x40, 0x80
_V23, _V24 = 3, 4
_FRAME_HEAD = 10
# Compressed, encrypted, or with bytes of its own in front: not read, since no broadcast needs them.
_FRAME_FORM_FLAGS = {_V23: 0xE0, _V24: 0x4D}
_FRAME_UNSYNCHRONISED = 0x02
_MAX_TAG_BYTES = 1 << 20  # a picture can be in it
_MAX_FRAMES = 64
_MAX_TEXT = 512
_STAMP_OWNER = b"com.apple.streaming.transportStreamTimestamp\x00"
_STAMP_BYTES, _STAMP_MASK, _STAMP_HZ = 8, (1 << 33) - 1, 90_000
_ENCODINGS = ("latin-1", "utf-16", "utf-16-be", "utf-8")
_TITLE, _ARTIST = b"TIT2", b"TPE1"


@dataclass(frozen=True, slots=True)
class Id3Tag:
    """What a tag says.

    Attributes:
        size: Its bytes, header included.
        title: Empty when it has none, or an empty one.
        artist: The same.
        says: Whether it has a title or an artist at all, empty ones included.
        seconds: Media time of the first sample behind it, if it says so: a clock of 33 bits that
            begins anew after 26.5 hours.
    """

    size: int
    title: str = ""
    artist: str = ""
    says: bool = False
    seconds: float | None = None


def read_id3(data: bytes, offset: int = 0) -> Id3Tag | None:
    """Read the tag at `offset`; None when there is none that is complete.

    A tag whose contents break the rules is read as far as they hold: what matters is where it ends.
    """
    head = data[offset : offset + _HEAD]
    is_tag = len(head) == _HEAD and head[:3] == b"ID3" and not any(b & 0x80 for b in head[6:10])
    if not is_tag:
        return None
    body_size = _synchsafe(head[6:10])
    size = _HEAD + body_size + (_HEAD if head[5] & _FOOTER_FLAG else 0)
    if body_size > _MAX_TAG_BYTES or offset + size > len(data):
        return None
    body = data[offset + _HEAD : offset + _HEAD + body_size]
    if head[3] not in (_V23, _V24):
        return Id3Tag(size)
    if head[5] & _UNSYNCHRONISED_FLAG and head[3] == _V23:
        body = _synchronised(body)
    if head[5] & _EXTENDED_FLAG:
        body = body[_extended_size(body, head[3]) :]
    return _tag_of(size, _frames(body, head[3]))


def _tag_of(size: int, frames: list[tuple[bytes, bytes]]) -> Id3Tag:
    texts: dict[bytes, str] = {}
    seconds = None
    for name, content in frames:
        if name in (_TITLE, _ARTIST):
            texts.setdefault(name, _text(content))
        elif name == b"PRIV" and content.startswith(_STAMP_OWNER):
            stamp = content[len(_STAMP_OWNER) :]
            if len(stamp) == _STAMP_BYTES:
                seconds = (int.from_bytes(stamp, "big") & _STAMP_MASK) / _STAMP_HZ
    return Id3Tag(size, texts.get(_TITLE, ""), texts.get(_ARTIST, ""), bool(texts), seconds)


def _frames(body: bytes, version: int) -> list[tuple[bytes, bytes]]:
    frames: list[tuple[bytes, bytes]] = []
    at = 0
    while at + _FRAME_HEAD <= len(body) and len(frames) < _MAX_FRAMES:
        name = body[at : at + 4]
        if not (name.isalnum() and name.isupper()):
            break  # padding, or garbage
        raw = body[at + 4 : at + 8]
        size = int.from_bytes(raw, "big") if version == _V23 else _synchsafe(raw)
        start, at = at + _FRAME_HEAD, at + _FRAME_HEAD + size
        if at > len(body):
            break
        form = body[start - 1]
        if not form & _FRAME_FORM_FLAGS[version]:
            content = body[start:at]
            unsynchronised = version == _V24 and form & _FRAME_UNSYNCHRONISED
            frames.append((name, _synchronised(content) if unsynchronised else content))
    return frames


def _text(content: bytes) -> str:
    """The first string of a text frame, in one line."""
    if not content or content[0] >= len(_ENCODINGS):
        return ""
    text = content[1:].decode(_ENCODINGS[content[0]], "replace")
    text = text.removeprefix("\ufeff").partition("\0")[0]
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_MAX_TEXT]


def _extended_size(body: bytes, version: int) -> int:
    raw = body[:4]
    # Version 2.3 does not count the four bytes of the size itself.
    return 4 + int.from_bytes(raw, "big") if version == _V23 else _synchsafe(raw)


def _synchronised(data: bytes) -> bytes:
    return data.replace(b"\xff\x00", b"\xff")


def _synchsafe(raw: bytes) -> int:
    number = 0
    for byte in raw:
        number = number << 7 | byte & 0x7F
    return number
