"""Headers of MP3 and ADTS frames, checked before they are believed."""

from collections.abc import Callable
from dataclasses import dataclass

from applemusic_server.media.audio_format import SAMPLE_RATES

HEADER_BYTES = 7
"""Enough for either kind."""

_KBPS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBPS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
# By the two bits of the version: 2.5, reserved, 2, 1.
_MP3_RATES = ((11025, 12000, 8000), None, (22050, 24000, 16000), (44100, 48000, 32000))
_VERSION_1 = 3
_LAYER_3 = 1
_MONO = 3
_RESERVED_RATE = 3
_ADTS_SAMPLES = 1024
_ADTS_SYNC = 0xFFF
_SEVEN_ONE, _SEVEN_ONE_CHANNELS = 7, 8
# Frames in a row that must fit each other: chance finds one in 2,000 bytes, not three.
_IN_A_ROW = 3


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """One frame.

    Attributes:
        size: Bytes of the frame, header included.
        samples: Samples per channel that it decodes to.
        bit_rate: Bits per second that it names; 0 for ADTS, which names none.
        codec: RFC 6381.
        side_bytes: Between header and main data of an MP3 frame: where a Xing tag begins.
    """

    size: int
    samples: int
    sample_rate: int
    channels: int
    bit_rate: int
    codec: str
    side_bytes: int = 0

    def fits(self, other: "FrameHeader") -> bool:
        """Whether another frame can belong to the same stream."""
        return (self.sample_rate, self.samples, self.codec) == (
            other.sample_rate,
            other.samples,
            other.codec,
        )


ParseFrame = Callable[[bytes | memoryview], FrameHeader | None]


def parse_mp3(head: bytes | memoryview) -> FrameHeader | None:
    """Read the header of an MPEG audio layer III frame; None if it is none.

    Free-format frames, whose length no header tells, are not known here.
    """
    if len(head) < HEADER_BYTES or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:  # noqa: PLR2004 - the sync word
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    rates = _MP3_RATES[version]
    kbps_index, rate_index, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    first = version == _VERSION_1
    table = _KBPS_1 if first else _KBPS_2
    if rates is None or layer != _LAYER_3 or rate_index == _RESERVED_RATE:
        return None
    if not 0 < kbps_index < len(table):
        return None
    rate, kbps = rates[rate_index], table[kbps_index]
    samples = 1152 if first else 576
    mono = head[3] >> 6 == _MONO
    return FrameHeader(
        size=samples // 8 * kbps * 1000 // rate + padding,
        samples=samples,
        sample_rate=rate,
        channels=1 if mono else 2,
        bit_rate=kbps * 1000,
        codec="mp3",
        side_bytes=(17 if mono else 32) if first else (9 if mono else 17),
    )


def parse_adts(head: bytes | memoryview) -> FrameHeader | None:
    """Read an ADTS header; None if it is none."""
    if len(head) < HEADER_BYTES:
        return None
    bits = int.from_bytes(head[:HEADER_BYTES], "big")
    sync, layer, rate_index = bits >> 44, bits >> 41 & 3, bits >> 34 & 15
    size, blocks = bits >> 13 & 0x1FFF, (bits & 3) + 1
    channels = bits >> 30 & 7
    if sync != _ADTS_SYNC or layer or rate_index >= len(SAMPLE_RATES) or size <= HEADER_BYTES:
        return None
    return FrameHeader(
        size=size,
        samples=_ADTS_SAMPLES * blocks,
        sample_rate=SAMPLE_RATES[rate_index],
        channels=_SEVEN_ONE_CHANNELS if channels == _SEVEN_ONE else channels,
        bit_rate=0,
        codec=f"mp4a.40.{(bits >> 38 & 3) + 1}",
    )


def find_frames(data: bytes, parse: ParseFrame, *, at_end: bool = False) -> int | None:
    """Offset in `data` of the first frame that others follow; None if there is none.

    Args:
        data: Bytes from any place of a file.
        parse: Which kind of frame.
        at_end: Whether the file ends with `data`: then the last frame needs no follower.
    """
    view = memoryview(data)
    start = data.find(b"\xff")
    while start >= 0:
        if _run(view, start, parse, at_end=at_end):
            return start
        start = data.find(b"\xff", start + 1)
    return None


def frames_of(data: bytes, start: int, parse: ParseFrame) -> list[FrameHeader]:
    """The frames that begin in `data` at `start` and follow each other."""
    view, found = memoryview(data), list[FrameHeader]()
    while (header := parse(view[start : start + HEADER_BYTES])) is not None:
        if found and not header.fits(found[0]):
            break
        found.append(header)
        start += header.size
    return found


def _run(view: memoryview, at: int, parse: ParseFrame, *, at_end: bool) -> bool:
    first: FrameHeader | None = None
    for _ in range(_IN_A_ROW):
        if at_end and first is not None and at >= len(view):
            return True
        header = parse(view[at : at + HEADER_BYTES])
        if header is None or (first is not None and not header.fits(first)):
            return False
        first, at = first or header, at + header.size
    return True
