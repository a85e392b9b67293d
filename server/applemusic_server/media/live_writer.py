"""AAC frames of a broadcast in, pieces of the container that was asked for out."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from applemusic_server.domain.audio import AudioContainer
from applemusic_server.domain.media import MOST_PIECE_BYTES, AudioPiece
from applemusic_server.media.aac_mp4 import (
    FRAGMENT_BYTES,
    FRAME_BYTES,
    fragment,
    init_segment,
)
from applemusic_server.media.audio_format import AudioFormat
from applemusic_server.media.packed_aac import FRAME_SAMPLES, AacFrame
from applemusic_server.media.piece_maker import media_time

_MAX_FRAME_BYTES = 8 * 1024


class LiveWriter(ABC):
    """Writes one stream and knows how far it is.

    Args:
        audio: Of all its frames.
        piece_bytes: Usual size of a piece.
    """

    frame_cost = 0
    piece_cost = 0

    def __init__(self, audio: AudioFormat, piece_bytes: int) -> None:
        self._audio = audio
        self._frames_out = 0
        self._bytes_out = 0
        self._early = self.head()
        most = min(piece_bytes, MOST_PIECE_BYTES - self.piece_cost - len(self._early))
        self._most = max(most, _MAX_FRAME_BYTES + self.frame_cost)

    @property
    def bytes_out(self) -> int:
        """Bytes of all pieces so far."""
        return self._bytes_out

    def pieces(self, frames: Sequence[AacFrame]) -> Iterator[AudioPiece]:
        """Write frames, the next ones of the stream."""
        held: list[AacFrame] = []
        size = 0
        for frame in frames:
            cost = len(frame.data) + self.frame_cost
            if held and size + cost > self._most:
                yield self._piece(held)
                held, size = [], 0
            held.append(frame)
            size += cost
        if held:
            yield self._piece(held)

    @abstractmethod
    def head(self) -> bytes:
        """What comes before the first frame."""

    @abstractmethod
    def body(self, frames: Sequence[AacFrame], first: int) -> bytes:
        """Frames in this container; `first` is the number of the first one in the stream."""

    def _piece(self, frames: Sequence[AacFrame]) -> AudioPiece:
        data = self._early + self.body(frames, self._frames_out)
        self._early = b""
        rate = self._audio.sample_rate
        piece = AudioPiece(
            data=data,
            byte_offset=self._bytes_out,
            media_offset=media_time(self._frames_out * FRAME_SAMPLES, rate),
            duration=len(frames) * FRAME_SAMPLES / rate,
        )
        self._frames_out += len(frames)
        self._bytes_out += len(data)
        return piece


class AdtsLiveWriter(LiveWriter):
    """The frames as they came."""

    def head(self) -> bytes:
        """See `LiveWriter.head`: ADTS has none."""
        return b""

    def body(self, frames: Sequence[AacFrame], first: int) -> bytes:
        """See `LiveWriter.body`."""
        del first
        return b"".join(frame.data for frame in frames)


class Mp4LiveWriter(LiveWriter):
    """The frames without their headers, a fragment for each piece."""

    frame_cost = FRAME_BYTES
    piece_cost = FRAGMENT_BYTES

    def __init__(self, audio: AudioFormat, piece_bytes: int) -> None:
        self._fragments = 0
        super().__init__(audio, piece_bytes)

    def head(self) -> bytes:
        """See `LiveWriter.head`."""
        return init_segment(self._audio)

    def body(self, frames: Sequence[AacFrame], first: int) -> bytes:
        """See `LiveWriter.body`."""
        self._fragments += 1
        payloads = [frame.payload for frame in frames]
        return fragment(self._fragments, first * FRAME_SAMPLES, payloads)


LIVE_WRITERS: Mapping[AudioContainer, type[LiveWriter]] = MappingProxyType(
    {AudioContainer.FMP4: Mp4LiveWriter, AudioContainer.ADTS: AdtsLiveWriter}
)
