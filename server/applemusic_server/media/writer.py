"""What turns samples into a container's bytes: the common part, and the clean MP4."""

from abc import ABC, abstractmethod
from fractions import Fraction

from applemusic_server.media.movie import Movie


class Writer(ABC):
    """A sink that writes one container and counts what it has written."""

    def __init__(self) -> None:
        self._out: list[bytes] = []
        self._movie: Movie | None = None
        self._samples_out = 0
        self._media_time = 0

    @property
    def samples_out(self) -> int:
        """How many samples (AAC frames) were written."""
        return self._samples_out

    @property
    def media_time(self) -> int:
        """Decode time of the next sample to be written, in units of the movie's timescale."""
        return self._media_time

    @property
    def media_seconds(self) -> Fraction:
        """`media_time` in seconds; the priming counts as media. Exact at every frame."""
        return Fraction(self._media_time, self._movie.timescale if self._movie else 1)

    def begin(self, movie: Movie) -> None:
        """See `Sink.begin`."""
        self._movie = movie

    @abstractmethod
    def copy(self, data: bytes) -> None:
        """See `Sink.copy`."""

    @abstractmethod
    def samples(self, frames: list[bytes], time: int, durations: list[int]) -> None:
        """See `Sink.samples`."""

    def take(self) -> bytes:
        """What was written since the last call."""
        data = b"".join(self._out)
        self._out.clear()
        return data

    def _count(self, samples: int, end_time: int) -> None:
        self._samples_out += samples
        self._media_time = end_time


class CleanMp4Writer(Writer):
    """The same file without encryption: every byte at the place where the source has it."""

    def copy(self, data: bytes) -> None:
        """See `Sink.copy`."""
        self._out.append(data)

    def samples(self, frames: list[bytes], time: int, durations: list[int]) -> None:
        """See `Sink.samples`."""
        self._out += frames
        self._count(len(frames), time + sum(durations))
