"""AAC frames as fragmented MP4: an init segment without an end, then a fragment per piece.

Reference: ISO/IEC 14496-12 and -14. For broadcasts, whose frames come without a container that a
player could seek in; songs keep the MP4 that Apple packed.
"""

import struct
from collections.abc import Sequence

from applemusic_server.domain.errors import UnimplementedError
from applemusic_server.media.audio_format import AudioFormat
from applemusic_server.media.live_failures import container_refused

# Of a fragment, beside its frames and four bytes for each.
FRAGMENT_BYTES = 100
FRAME_BYTES = 4
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_TRACK = 1
_UNDETERMINED = 0x55C4  # language "und"
_CHANNELS = (0, 1, 2, 3, 4, 5, 6, 8)
_DEFAULT_BASE_IS_MOOF, _DEFAULT_DURATION, _DEFAULT_FLAGS = 0x020000, 0x08, 0x20
_DATA_OFFSET, _SAMPLE_SIZES = 0x01, 0x200
_SYNC_SAMPLE = 0x02000000


def channel_count(audio: AudioFormat) -> int:
    """Channels of a configuration; 0 when only the frames themselves say it."""
    return _CHANNELS[audio.channels] if audio.channels < len(_CHANNELS) else 0


def init_segment(audio: AudioFormat) -> bytes:
    """Return `ftyp` and `moov` of a stream that begins at media time 0.

    Raises:
        UnimplementedError: CONTAINER_NOT_SUPPORTED, the frames say their channels themselves.
    """
    if not channel_count(audio):
        raise _not_in_mp4()
    header = _full(b"mvhd", 0, struct.pack(">4I", 0, 0, audio.sample_rate, 0) + _presentation(-1))
    return _box(b"ftyp", b"iso6" + bytes(4) + b"iso6mp41dash") + _box(
        b"moov", header + _track(audio) + _box(b"mvex", _track_extends(audio))
    )


def fragment(number: int, time: int, frames: Sequence[bytes]) -> bytes:
    """Return `moof` and `mdat`.

    Args:
        number: Counts from 1.
        time: Media time of the first frame, in samples.
        frames: AAC frames without headers.
    """
    track = _full(b"tfhd", _DEFAULT_BASE_IS_MOOF, struct.pack(">I", _TRACK))
    track += _full(b"tfdt", 1 << 24, struct.pack(">Q", time))
    head = _full(b"mfhd", 0, struct.pack(">I", number))
    run_size = 20 + FRAME_BYTES * len(frames)
    data_offset = 8 + len(head) + 8 + len(track) + run_size + 8
    sizes = struct.pack(f">{len(frames)}I", *map(len, frames))
    run = struct.pack(">Ii", len(frames), data_offset) + sizes
    track += _full(b"trun", _DATA_OFFSET | _SAMPLE_SIZES, run)
    return _box(b"moof", head + _box(b"traf", track)) + _box(b"mdat", b"".join(frames))


def _track(audio: AudioFormat) -> bytes:
    head = struct.pack(">5I", 0, 0, _TRACK, 0, 0) + bytes(8) + struct.pack(">4h", 0, 0, 0x100, 0)
    media_head = struct.pack(">4I2H", 0, 0, audio.sample_rate, 0, _UNDETERMINED, 0)
    handler = bytes(4) + b"soun" + bytes(12) + b"\0"
    empty = bytes(4)
    table = _box(
        b"stbl",
        _full(b"stsd", 0, struct.pack(">I", 1) + _sample_entry(audio))
        + _full(b"stts", 0, empty)
        + _full(b"stsc", 0, empty)
        + _full(b"stsz", 0, bytes(8))
        + _full(b"stco", 0, empty),
    )
    references = _box(b"dinf", _full(b"dref", 0, struct.pack(">I", 1) + _full(b"url ", 1, b"")))
    return _box(
        b"trak",
        _full(b"tkhd", 3, head + _MATRIX + bytes(8))
        + _box(
            b"mdia",
            _full(b"mdhd", 0, media_head)
            + _full(b"hdlr", 0, handler)
            + _box(b"minf", _full(b"smhd", 0, empty) + references + table),
        ),
    )


def _sample_entry(audio: AudioFormat) -> bytes:
    head = bytes(6) + struct.pack(">H", 1) + bytes(8)
    # The field has 16 bits for the rate; what does not fit stands in the configuration alone.
    rate = audio.sample_rate if audio.sample_rate < 1 << 16 else 0
    head += struct.pack(">4HI", channel_count(audio), 16, 0, 0, rate << 16)
    specific = _descriptor(5, audio.config)
    decoder = _descriptor(4, b"\x40\x15" + bytes(11) + specific)
    stream = _descriptor(3, b"\0\0\0" + decoder + _descriptor(6, b"\x02"))
    return _box(b"mp4a", head + _full(b"esds", 0, stream))


def _track_extends(audio: AudioFormat) -> bytes:
    fields = struct.pack(">5I", _TRACK, 1, audio.frame_samples, 0, _SYNC_SAMPLE)
    return _full(b"trex", 0, fields)


def _presentation(next_track: int) -> bytes:
    rate_and_volume = struct.pack(">IH", 0x10000, 0x100) + bytes(10)
    return rate_and_volume + _MATRIX + bytes(24) + struct.pack(">i", next_track)


def _descriptor(tag: int, body: bytes) -> bytes:
    return bytes([tag, len(body)]) + body


def _full(kind: bytes, version_and_flags: int, body: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version_and_flags) + body)


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def _not_in_mp4() -> UnimplementedError:
    return container_refused("FMP4", "its channels are described in the frames; ask for ADTS")
