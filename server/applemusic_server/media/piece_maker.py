"""Encrypted bytes in, pieces that know their place out."""

from datetime import timedelta
from typing import Protocol

from applemusic_server.domain.media import MOST_PIECE_BYTES, AudioPiece
from applemusic_server.media.marked_writer import MarkedWriter
from applemusic_server.media.movie import Movie

PIECE_BYTES = 32 * 1024


class PushParser(Protocol):
    """Bytes in, a writer's output out: a `Decryptor`, or what cuts samples out of a plain file."""

    @property
    def samples_out(self) -> int:
        """How many samples were returned."""
        ...

    def feed(self, data: bytes | memoryview) -> bytes:
        """Take the next bytes of the source and return what can leave."""
        ...

    def close(self) -> bytes:
        """The source is at its end; return what was still held."""
        ...


class PieceMaker:
    """Drives one `PushParser` and cuts its output. Synchronous; it holds no more than that does.

    Nothing leaves before the first samples have proven the key.

    Args:
        decryptor: Reads the source; its writer is `writer`.
        writer: Knows where the samples are.
        movie: The track's facts, for its timescale.
        byte_offset: Byte of the stream with which the first piece begins.
        drop: Bytes of output to leave out before that.
        prefix: Output that comes before everything, e.g. a clean init segment.
    """

    def __init__(
        self,
        decryptor: PushParser,
        writer: MarkedWriter,
        movie: Movie,
        *,
        byte_offset: int,
        drop: int,
        prefix: bytes = b"",
    ) -> None:
        self._decryptor = decryptor
        self._writer = writer
        self._timescale = movie.timescale
        self._byte_offset = byte_offset
        self._drop = drop
        self._early = prefix
        self._proven = False

    @property
    def proven(self) -> bool:
        """Whether the key has been seen to be right."""
        return self._proven

    def feed(self, data: bytes | memoryview) -> list[AudioPiece]:
        """Take the next bytes of the source, best `PIECE_BYTES` at a time.

        Raises:
            DataLossError: See `Decryptor.feed`.
        """
        return self._cut(self._decryptor.feed(data), last=False)

    def close(self) -> list[AudioPiece]:
        """The source is at its end.

        Raises:
            DataLossError: MEDIA_TRUNCATED, see `Decryptor.close`.
        """
        return self._cut(self._decryptor.close(), last=True)

    def _cut(self, out: bytes, *, last: bool) -> list[AudioPiece]:
        shift = 0
        if not self._proven:
            shift = len(self._early)
            out = self._early + out
            self._proven = last or self._decryptor.samples_out > 0
            self._early = b"" if self._proven else out
            if not self._proven:
                return []
        cut = min(self._drop, len(out))
        self._drop -= cut
        pieces = self._pieces(out, cut, shift) if cut < len(out) else []
        self._writer.runs.clear()
        return pieces

    def _pieces(self, out: bytes, start: int, shift: int) -> list[AudioPiece]:
        step = PIECE_BYTES if len(out) - start > MOST_PIECE_BYTES else MOST_PIECE_BYTES
        places = list(range(start, len(out), step))
        times = [self._time_at(place - shift) for place in places]
        times.append(self._writer.media_time)
        pieces = []
        for index, place in enumerate(places):
            data = out[place : place + step]
            pieces.append(
                AudioPiece(
                    data=data,
                    byte_offset=self._byte_offset,
                    media_offset=media_time(times[index], self._timescale),
                    duration=(times[index + 1] - times[index]) / self._timescale,
                )
            )
            self._byte_offset += len(data)
        return pieces

    def _time_at(self, place: int) -> int:
        for run in self._writer.runs:
            if (time := run.time_at(place)) is not None:
                return time
        return self._writer.media_time


def media_time(units: int, timescale: int) -> timedelta:
    """Media units as a duration, rounded to the microsecond."""
    return timedelta(microseconds=(units * 10**6 + timescale // 2) // timescale)
