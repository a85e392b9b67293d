"""ADTS: each AAC frame behind a header of seven bytes, nothing else."""

from fractions import Fraction

from applemusic_server.domain.errors import Reason, UnimplementedError
from applemusic_server.media.audio_format import SAMPLE_RATES, AudioFormat
from applemusic_server.media.failures import malformed
from applemusic_server.media.fragment import Fragment
from applemusic_server.media.movie import Movie
from applemusic_server.media.writer import Writer

HEADER_BYTES = 7
_MAX_FRAME_BYTES = (1 << 13) - 1
_MAX_OBJECT_TYPE = 4
_MAX_CHANNELS = 7


def adts_size(fragment: Fragment) -> int:
    """How many bytes of ADTS a fragment becomes, from its `moof` alone."""
    return fragment.data_bytes + HEADER_BYTES * len(fragment.sizes)


class AdtsWriter(Writer):
    """Writes ADTS, byte for byte what `ffmpeg -c copy -f adts` writes.

    Only whole frames leave, and a frame depends on no other. So a stream that begins at the media
    time where another one ended continues its bytes exactly: that is how ADTS is resumed.

    Args:
        start: Media time in seconds, priming counted; frames that end at or before it are left
            out, so that the frame around `start` is the first. A time read from `media_seconds`
            and rounded to nanoseconds is exact.
    """

    def __init__(self, start: Fraction | float = 0) -> None:
        super().__init__()
        self._start = Fraction(start)
        self._start_time = 0
        self._head = 0

    def begin(self, movie: Movie) -> None:
        """See `Sink.begin`.

        Raises:
            UnimplementedError: CONTAINER_NOT_SUPPORTED, this AAC does not fit into ADTS.
        """
        super().begin(movie)
        self._head = adts_header_base(movie.audio)
        self._start_time = round(self._start * movie.timescale)
        self._media_time = self._start_time

    def copy(self, data: bytes) -> None:
        """See `Sink.copy`: ADTS has no boxes."""

    def samples(self, frames: list[bytes], time: int, durations: list[int]) -> None:
        """See `Sink.samples`.

        Raises:
            DataLossError: MEDIA_MALFORMED, a frame of more than 8184 bytes.
        """
        skipped = 0
        while skipped < len(frames) and time + durations[skipped] <= self._start_time:
            time += durations[skipped]
            skipped += 1
        head, out = self._head, self._out
        for frame in frames[skipped:] if skipped else frames:
            size = len(frame) + HEADER_BYTES
            if size > _MAX_FRAME_BYTES:
                raise malformed(f"an AAC frame of {len(frame)} bytes")
            out.append((head | size << 13).to_bytes(HEADER_BYTES, "big"))
            out.append(frame)
        self._count(len(frames) - skipped, time + sum(durations[skipped:]))


def adts_header_base(audio: AudioFormat) -> int:
    """An ADTS header as a number of 56 bits, with a frame length of 0 (bits 13 to 25).

    Raises:
        UnimplementedError: CONTAINER_NOT_SUPPORTED.
    """
    fits = (
        1 <= audio.object_type <= _MAX_OBJECT_TYPE
        and audio.sample_rate in SAMPLE_RATES
        and 1 <= audio.channels <= _MAX_CHANNELS
        and audio.frame_samples == 1024  # noqa: PLR2004 - the only length that ADTS knows
    )
    if not fits:
        raise UnimplementedError(
            Reason.CONTAINER_NOT_SUPPORTED,
            f"{audio.codec} at {audio.sample_rate} Hz does not fit into ADTS; ask for MP4",
            metadata={"container": "ADTS"},
        )
    # syncword, MPEG-4, layer 0, no CRC | profile | rate | private | channels | four flags | length
    # | fullness 0x7FF (variable rate) | one raw data block
    head = (
        0xFFF1 << 40 | (audio.object_type - 1) << 38 | SAMPLE_RATES.index(audio.sample_rate) << 34
    )
    return head | audio.channels << 30 | 0x7FF << 2
