"""What kind of AAC a track is: the AudioSpecificConfig, read."""

from dataclasses import dataclass

from applemusic_server.media.boxes import Fields
from applemusic_server.media.failures import malformed

# ISO/IEC 14496-3 table 1.18; the ADTS header holds the index.
SAMPLE_RATES = (
    96000,
    88200,
    64000,
    48000,
    44100,
    32000,
    24000,
    22050,
    16000,
    12000,
    11025,
    8000,
    7350,
)
_MPEG4_AUDIO = 0x40
_ES, _DECODER_CONFIG, _DECODER_SPECIFIC = 3, 4, 5
_EXPLICIT_RATE = 15
_ESCAPE_TYPE = 31
_SBR, _PS = 5, 29
_MAX_CONFIG_BYTES = 64


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """The facts of an AAC track.

    Attributes:
        object_type: MPEG-4 audio object type; 2 is AAC-LC.
        sample_rate: Samples per second of the core coder.
        channels: MPEG-4 channel configuration: 1 mono, 2 stereo, 7 means eight channels, 0 means
            that a program config element says it.
        frame_samples: Samples per channel in one frame: 1024, rarely 960.
        config: The AudioSpecificConfig as it is in the file.
    """

    object_type: int
    sample_rate: int
    channels: int
    frame_samples: int
    config: bytes

    @property
    def codec(self) -> str:
        """The RFC 6381 name, e.g. `mp4a.40.2`."""
        return f"mp4a.40.{self.object_type}"


class _Bits:
    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def take(self, count: int) -> int:
        if count > self._left:
            raise malformed("the AAC configuration is too short")
        self._left -= count
        return self._value >> self._left & (1 << count) - 1


def parse_esds(fields: Fields) -> AudioFormat:
    """Read the body of an `esds` box.

    Raises:
        DataLossError: MEDIA_MALFORMED, descriptors that do not nest, or audio that is not AAC.
    """
    fields.version_and_flags()
    stream = _descriptor(fields, _ES)
    stream.take(2)
    flags = stream.unsigned(1)
    if flags & 0x80:
        stream.take(2)
    if flags & 0x40:
        stream.take(stream.unsigned(1))
    if flags & 0x20:
        stream.take(2)
    decoder = _descriptor(stream, _DECODER_CONFIG)
    kind = decoder.unsigned(1)
    if kind != _MPEG4_AUDIO:
        raise malformed(f"the audio is not AAC (object type indication {kind:#x})")
    decoder.take(12)
    specific = _descriptor(decoder, _DECODER_SPECIFIC)
    if specific.left > _MAX_CONFIG_BYTES:
        raise malformed("the AAC configuration is too long")
    return parse_audio_specific_config(specific.take(specific.left))


def parse_audio_specific_config(config: bytes) -> AudioFormat:
    """Read an AudioSpecificConfig, the explicit SBR and PS forms included.

    Raises:
        DataLossError: MEDIA_MALFORMED, too short, or a reserved value.
    """
    bits = _Bits(config)
    object_type = _object_type(bits)
    rate = _sample_rate(bits)
    channels = bits.take(4)
    if object_type in (_SBR, _PS):
        _sample_rate(bits)
        _object_type(bits)
    short = bits.take(1)
    return AudioFormat(object_type, rate, channels, 960 if short else 1024, config)


def _object_type(bits: _Bits) -> int:
    value = bits.take(5)
    return 32 + bits.take(6) if value == _ESCAPE_TYPE else value


def _sample_rate(bits: _Bits) -> int:
    index = bits.take(4)
    if index == _EXPLICIT_RATE:
        rate = bits.take(24)
        if rate == 0:
            raise malformed("the AAC configuration has no sample rate")
        return rate
    if index >= len(SAMPLE_RATES):
        raise malformed(f"the AAC configuration has the reserved sample rate {index}")
    return SAMPLE_RATES[index]


def _descriptor(fields: Fields, tag: int) -> Fields:
    found = fields.unsigned(1)
    if found != tag:
        raise malformed(f"descriptor {found} where {tag} belongs")
    size = 0
    for _ in range(4):
        byte = fields.unsigned(1)
        size = size << 7 | byte & 0x7F
        if not byte & 0x80:
            break
    body = fields.take(size)
    return Fields(body, 0, size)
