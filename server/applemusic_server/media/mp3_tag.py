"""What the first frame of an MP3 says about all of them: Xing, Info, LAME and VBRI."""

from dataclasses import dataclass

from applemusic_server.media.frame_header import FrameHeader

_HEAD_BYTES = 4
_FRAMES, _BYTES, _TOC, _QUALITY = 1, 2, 4, 8
_TOC_ENTRIES = 100
_VBRI_AT = 36
# In the LAME part: where 12 bits of delay and 12 of padding are.
_DELAYS_AT = 21
_ENCODERS = (b"LAME", b"Lavc", b"Lavf", b"L3.9")
DECODER_DELAY = 529
"""Samples that every decoder of layer III adds at the beginning (reference: LAME)."""

_LEAST_BIT_RATE, _MOST_BIT_RATE = 6_000, 400_000


@dataclass(frozen=True, slots=True)
class Mp3Tag:
    """The tag of an encoder.

    Attributes:
        frames: Frames of audio, the tag's own not counted; 0 when it does not say.
        toc: For each percent of the playing time the 256th of the file; empty when there is none.
        constant: Whether the encoder says that all frames have the same bit rate.
        delay: Samples that the encoder added at the beginning; None when it does not say.
        padding: The same at the end.
    """

    frames: int
    toc: bytes = b""
    constant: bool = False
    delay: int | None = None
    padding: int = 0


def read_mp3_tag(frame: bytes, header: FrameHeader, total_bytes: int) -> Mp3Tag | None:
    """Read the tag in a file's first frame; None if it holds audio, or what cannot be true.

    Args:
        frame: The whole frame, or what there is of it.
        header: Its header.
        total_bytes: Of the file, from this frame on.
    """
    tag = _xing(frame, _HEAD_BYTES + header.side_bytes) or _vbri(frame)
    if tag is None or not tag.frames:
        return tag
    seconds = tag.frames * header.samples / header.sample_rate
    if not _LEAST_BIT_RATE < total_bytes * 8 / seconds < _MOST_BIT_RATE:
        return Mp3Tag(0)
    return tag


def _xing(frame: bytes, at: int) -> Mp3Tag | None:
    name = frame[at : at + 4]
    if name not in (b"Xing", b"Info"):
        return None
    flags, at = _number(frame, at + 4, 4), at + 8
    frames, toc = 0, b""
    if flags & _FRAMES:
        frames, at = _number(frame, at, 4), at + 4
    if flags & _BYTES:
        at += 4
    if flags & _TOC:
        toc, at = frame[at : at + _TOC_ENTRIES], at + _TOC_ENTRIES
    if flags & _QUALITY:
        at += 4
    delay, padding = None, 0
    if frame[at : at + 4] in _ENCODERS and len(frame) >= at + _DELAYS_AT + 3:
        both = _number(frame, at + _DELAYS_AT, 3)
        delay, padding = both >> 12, both & 0xFFF
    whole = len(toc) == _TOC_ENTRIES
    return Mp3Tag(frames, toc if whole else b"", name == b"Info", delay, padding)


def _vbri(frame: bytes) -> Mp3Tag | None:
    if frame[_VBRI_AT : _VBRI_AT + 4] != b"VBRI":
        return None
    return Mp3Tag(_number(frame, _VBRI_AT + 14, 4))


def _number(data: bytes, at: int, size: int) -> int:
    """A big-endian number; what the data does not hold counts as nothing."""
    return int.from_bytes(data[at : at + size], "big")
