"""Packed AAC as broadcasts send it: ADTS frames in segments, each behind an ID3 tag."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import av

_FRAME_SAMPLES = 1024
_SAMPLE_RATE = 44_100
_RATE_INDEX = 4  # of 44.1 kHz
_HEADER = 7
_STAMP_OWNER = b"com.apple.streaming.transportStreamTimestamp\x00"
_STAMP_HZ, _STAMP_BITS = 90_000, 33
_UTF8 = b"\x03"


@dataclass(frozen=True, slots=True)
class AdtsSegment:
    """Some seconds of sound.

    Attributes:
        data: ADTS frames alone.
        seconds: Playing time.
    """

    data: bytes
    seconds: float


def read_segments(path: Path, seconds: float) -> list[AdtsSegment]:
    """Cut an unencrypted AAC-LC stereo file at 44.1 kHz into segments.

    Args:
        path: An MP4 file.
        seconds: Longest playing time of a segment.
    """
    frames = [_header(len(packet)) + packet for packet in _packets(path)]
    count = int(seconds * _SAMPLE_RATE / _FRAME_SAMPLES)
    return [
        AdtsSegment(
            b"".join(frames[start : start + count]),
            len(frames[start : start + count]) * _FRAME_SAMPLES / _SAMPLE_RATE,
        )
        for start in range(0, len(frames), count)
    ]


def id3_tag(seconds: float, texts: Mapping[str, str]) -> bytes:
    """The ID3v2.4 tag before a segment.

    Args:
        seconds: When the segment begins; HLS wants it in front of packed audio.
        texts: Text frames, e.g. `TIT2` (title) and `TPE1` (artist).
    """
    stamp = int(seconds * _STAMP_HZ) % (1 << _STAMP_BITS)
    frames = _frame(b"PRIV", _STAMP_OWNER + stamp.to_bytes(8, "big"))
    for name, text in texts.items():
        frames += _frame(name.encode("ascii"), _UTF8 + text.encode() + b"\x00")
    return b"ID3\x04\x00\x00" + _synchsafe(len(frames)) + frames


def _packets(path: Path) -> Iterator[bytes]:
    with av.open(str(path)) as container:
        for packet in container.demux(audio=0):
            if packet.size:
                yield bytes(packet)


def _header(size: int) -> bytes:
    # AAC-LC, two channels, no checksum, one frame; the length counts the header too.
    length = size + _HEADER
    bits = 0xFFF1 << 40 | 1 << 38 | _RATE_INDEX << 34 | 2 << 30 | length << 13 | 0x7FF << 2
    return bits.to_bytes(_HEADER, "big")


def _frame(name: bytes, body: bytes) -> bytes:
    return name + _synchsafe(len(body)) + b"\x00\x00" + body


def _synchsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))
