"""Pieces of ADTS as numbered frames, in batches that are decoded at once."""

from collections.abc import Iterator
from datetime import timedelta

from applemusic_server.domain.media import AudioPiece
from applemusic_server.media.adts_frames import FRAME_SAMPLES, AdtsFrames
from applemusic_server.media.failures import malformed
from applemusic_server.media.pcm_stream import PcmFormat

_MOST_BYTES = 64 * 1024
# Frames that are only decoded for the sake of later ones go faster, and nobody waits in between.
_MOST_UNHEARD = 64


class PcmFrames:
    """Numbers a song's frames by their media time, and leaves out those that are not needed.

    Args:
        format_: What they are decoded to.
        begins: Media time of the first one.
        start: Frame to begin to decode with.
        heard: First frame that is to be heard; from there on a batch becomes at most 64 KiB.

    Raises:
        DataLossError: MEDIA_MALFORMED, see `feed`.
    """

    def __init__(self, format_: PcmFormat, begins: timedelta, start: int, heard: int) -> None:
        self._rate = format_.rate
        self._frames = AdtsFrames()
        self._next = frame_at(begins, format_.rate)
        self._start = start
        self._heard = heard
        self._batch = max(1, _MOST_BYTES // (FRAME_SAMPLES * format_.sample_bytes))
        self._held: list[bytes] = []
        self._end = 0

    @property
    def end(self) -> int:
        """Media samples up to the end of what was fed, a short last frame counted as it is."""
        return self._end

    def feed(self, piece: AudioPiece) -> Iterator[tuple[int, list[bytes]]]:
        """Take a piece; yield the number of each batch's first frame, and its frames.

        The last frame stays here: only the end of the song tells how long it is.

        Raises:
            DataLossError: MEDIA_MALFORMED, it is not ADTS, or the frames have gaps in time.
        """
        begins = self._next + len(self._held) + self._frames.partial
        if frame_at(piece.media_offset, self._rate) != begins:
            raise malformed("its frames do not follow each other in time")
        for frame in self._frames.feed(piece.data):
            if self._next < self._start and not self._held:
                self._next += 1
            else:
                self._held.append(frame)
        seconds = piece.media_offset.total_seconds() + piece.duration
        self._end = round(seconds * self._rate)
        while len(self._held) > (count := self._count()):
            yield self._take(count)

    def rest(self) -> Iterator[tuple[int, list[bytes]]]:
        """The batches that are left at the end.

        Raises:
            DataLossError: MEDIA_MALFORMED, the last frame is not whole.
        """
        if self._frames.partial:
            raise malformed("it ends inside an AAC frame")
        while self._held:
            yield self._take(min(self._count(), len(self._held)))

    def _count(self) -> int:
        unheard = self._heard - self._next
        return min(unheard, _MOST_UNHEARD) if unheard > 0 else self._batch

    def _take(self, count: int) -> tuple[int, list[bytes]]:
        number, batch = self._next, self._held[:count]
        del self._held[:count]
        self._next += len(batch)
        return number, batch


def frame_at(time: timedelta, rate: int) -> int:
    """Number of the frame that begins at a media time.

    Raises:
        DataLossError: MEDIA_MALFORMED, none begins near it: the song cannot be cut to the sample.
    """
    samples = time.total_seconds() * rate
    frame = round(samples / FRAME_SAMPLES)
    if abs(samples - frame * FRAME_SAMPLES) > FRAME_SAMPLES / 4:
        raise malformed("its times do not say which frame it is")
    return frame
