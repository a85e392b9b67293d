"""Decoded samples as pieces of a stream: priming, padding and what comes before it left out."""

from datetime import timedelta

from applemusic_server.domain.media import AudioPiece
from applemusic_server.media.adts_frames import FRAME_SAMPLES
from applemusic_server.media.failures import malformed, truncated
from applemusic_server.media.pcm_stream import PcmFormat
from applemusic_server.media.piece_maker import media_time

# An edit list that counts in coarse units may promise a little more than there is.
_MOST_MISSING = FRAME_SAMPLES


class PcmCut:
    """Gives samples their place; all of them are counted from the first one to be heard.

    Args:
        format_: What the samples are.
        priming: Decoded samples before that.
        sample: The sample to begin with.
        inside: Bytes of it that are left out: a stream can be gone on with anywhere.
        byte_offset: Byte of the stream with which the first piece begins.
        total: Samples to be heard; None until the end of the file tells.
    """

    def __init__(
        self,
        format_: PcmFormat,
        *,
        priming: int,
        sample: int,
        inside: int,
        byte_offset: int,
        total: int | None,
    ) -> None:
        self._format = format_
        self._priming = priming
        self._sample = sample
        self._inside = inside
        self._byte_offset = byte_offset
        self._total = total

    @property
    def first_frame(self) -> int:
        """Number of the AAC frame from which the first sample comes."""
        return (self._priming + self._sample) // FRAME_SAMPLES

    @property
    def media_offset(self) -> timedelta:
        """Position in the song of the next sample that begins."""
        return media_time(self._sample + bool(self._inside), self._format.rate)

    @property
    def total(self) -> int | None:
        """Samples to be heard, as far as is known."""
        return self._total

    def end_at(self, end: int) -> None:
        """Learn how many decoded samples there are, priming included, from the end of the file."""
        self._total = max(0, end - self._priming)

    @property
    def complete(self) -> bool:
        """Whether everything was given out."""
        return self._total is not None and self._sample >= self._total

    def piece(self, frame: int, data: bytes) -> AudioPiece | None:
        """What of decoded frames is to be heard, if anything is.

        Args:
            frame: Number of the first one.
            data: Their samples.

        Raises:
            DataLossError: MEDIA_MALFORMED, samples are missing before them.
        """
        size = self._format.sample_bytes
        begin = frame * FRAME_SAMPLES - self._priming
        if begin > self._sample:
            raise malformed("the edit list begins before the audio does")
        end = begin + len(data) // size
        if self._total is not None:
            end = min(end, self._total)
        if end <= self._sample:
            return None
        return self._take(data[(self._sample - begin) * size : (end - begin) * size])

    def rest(self, end: int) -> AudioPiece | None:
        """What is missing when all was decoded: silence for what was rounded away.

        Args:
            end: Decoded samples, priming included.

        Raises:
            DataLossError: MEDIA_TRUNCATED, more is missing than that.
        """
        missing = (self._total or 0) - self._sample
        if missing <= 0:
            return None
        if missing > _MOST_MISSING:
            raise truncated(
                f"it has {end - self._priming} of the {self._total} samples of its edit list"
            )
        return self._take(bytes(missing * self._format.sample_bytes))

    def _take(self, data: bytes) -> AudioPiece | None:
        samples = len(data) // self._format.sample_bytes
        piece = AudioPiece(
            data=data[self._inside :],
            byte_offset=self._byte_offset,
            media_offset=self.media_offset,
            duration=(samples - bool(self._inside)) / self._format.rate,
        )
        self._sample += samples
        self._inside = 0
        self._byte_offset += len(piece.data)
        return piece if piece.data else None
