"""Packed AAC: ADTS frames one after the other, and ID3 tags before and between them."""

from dataclasses import dataclass

from applemusic_server.media.audio_format import SAMPLE_RATES, AudioFormat
from applemusic_server.media.failures import malformed
from applemusic_server.media.id3 import Id3Tag, read_id3

FRAME_SAMPLES = 1024
_HEAD, _HEAD_WITH_CHECKSUM = 7, 9
_SYNC, _SYNC_MASK = 0xFFF0, 0xFFF6  # twelve bits, and the layer, which is 0
_MAX_FRAMES = 100_000


@dataclass(frozen=True, slots=True)
class AacFrame:
    """One ADTS frame.

    Attributes:
        data: As it came, its header included.
        head: Bytes of the header: 7, or 9 with a checksum.
    """

    data: bytes
    head: int

    @property
    def payload(self) -> bytes:
        """The AAC frame without its header."""
        return self.data[self.head :]


@dataclass(frozen=True, slots=True)
class PackedAac:
    """A segment.

    Attributes:
        format: Of all its frames.
        frames: In order, at least one.
        tags: The ID3 tags, each with the number of frames before it.
    """

    format: AudioFormat
    frames: tuple[AacFrame, ...]
    tags: tuple[tuple[int, Id3Tag], ...]

    @property
    def seconds(self) -> float:
        """Playing time."""
        return len(self.frames) * FRAME_SAMPLES / self.format.sample_rate


def read_packed_aac(data: bytes) -> PackedAac:
    """Read a whole segment.

    Raises:
        DataLossError: MEDIA_MALFORMED, it is anything but whole ADTS frames of one form and tags.
    """
    frames: list[AacFrame] = []
    tags: list[tuple[int, Id3Tag]] = []
    form: AudioFormat | None = None
    key = -1
    at = 0
    while at < len(data):
        if data.startswith(b"ID3", at):
            tag = read_id3(data, at)
            if tag is None:
                raise malformed("an ID3 tag in the broadcast has no end")
            tags.append((len(frames), tag))
            at += tag.size
            continue
        frame, found = _frame(data, at)
        if form is None:
            form, key = _format(found), found
        elif found != key:
            raise malformed("the audio changes its form within a segment")
        frames.append(frame)
        if len(frames) > _MAX_FRAMES:
            raise malformed("a segment of the broadcast is too long")
        at += len(frame.data)
    if form is None:
        raise malformed("a segment of the broadcast holds no audio")
    return PackedAac(form, tuple(frames), tuple(tags))


def _frame(data: bytes, at: int) -> tuple[AacFrame, int]:
    """The frame at `at`, and the bits of its header that say of which form it is."""
    head = int.from_bytes(data[at : at + _HEAD], "big")
    if len(data) - at < _HEAD or head >> 40 & _SYNC_MASK != _SYNC:
        raise malformed("where a frame of the broadcast should begin there is none")
    size = head >> 13 & 0x1FFF
    length = _HEAD if head >> 40 & 1 else _HEAD_WITH_CHECKSUM
    if size <= length or at + size > len(data):
        raise malformed("a frame of the broadcast is cut off")
    if head & 3:
        raise malformed("a frame of the broadcast holds several blocks")
    # Profile, sample rate, channels.
    key = head >> 38 & 3, head >> 34 & 15, head >> 30 & 7
    return AacFrame(data[at : at + size], length), key[0] << 8 | key[1] << 4 | key[2]


def _format(key: int) -> AudioFormat:
    object_type, rate_index, channels = (key >> 8) + 1, key >> 4 & 15, key & 15
    if rate_index >= len(SAMPLE_RATES):
        raise malformed("the broadcast has a reserved sample rate")
    config = object_type << 11 | rate_index << 7 | channels << 3
    rate = SAMPLE_RATES[rate_index]
    return AudioFormat(object_type, rate, channels, FRAME_SAMPLES, config.to_bytes(2, "big"))
