"""The samples of a plain MP4, cut out of its bytes as they come, for a writer of frames."""

from applemusic_server.media.failures import malformed, truncated
from applemusic_server.media.movie import Movie
from applemusic_server.media.plain_mp4 import PlainMovie
from applemusic_server.media.sample_table import SampleTable
from applemusic_server.media.writer import Writer

# As much as a fragment of Apple's has at most, many times over: a sample that is longer is garbage.
_MOST_SAMPLE_BYTES = 1 << 20


class SampleCutter:
    """Push parser: `feed` the bytes of the file from a sample on, send on what comes back.

    Drives the same writers as a `Decryptor` does: ADTS, and whatever else takes samples.

    Args:
        movie: The index.
        table: The samples, in order.
        first: The sample with which the bytes begin.
        writer: The container to write.
    """

    def __init__(self, movie: PlainMovie, table: SampleTable, first: int, writer: Writer) -> None:
        self._table = table
        self._next = first
        self._chunk = table.chunk_of(first)
        self._position = table.offset(first)
        self._wanted = self._position
        self._held = bytearray()
        self._writer = writer
        writer.begin(plain_movie_facts(movie, table))

    @property
    def samples_out(self) -> int:
        """How many samples were returned."""
        return self._writer.samples_out

    def feed(self, data: bytes | memoryview) -> bytes:
        """Take the next bytes of the file and return what can leave.

        Raises:
            DataLossError: MEDIA_MALFORMED, a sample of more than 1 MiB.
            UnimplementedError: CONTAINER_NOT_SUPPORTED, from the writer.
        """
        self._held += data
        table, frames = self._table, list[bytes]()
        first, at = self._next, 0
        while self._next < table.count:
            begin = self._wanted - self._position
            size = table.sizes[self._next]
            if size > _MOST_SAMPLE_BYTES:
                raise malformed(f"a sample of {size} bytes")
            if begin + size > len(self._held):
                at = min(begin, len(self._held))
                break
            frames.append(bytes(self._held[begin : begin + size]))
            at = begin + size
            self._advance(size)
        else:
            at = len(self._held)
        del self._held[:at]
        self._position += at
        if frames:
            durations = table.durations(first, len(frames))
            self._writer.samples(frames, table.time(first), durations)
        return self._writer.take()

    def close(self) -> bytes:
        """The file is at its end.

        Raises:
            DataLossError: MEDIA_TRUNCATED, samples are missing.
        """
        if self._next < self._table.count:
            raise truncated(f"{self._table.count - self._next} samples are missing")
        return self._writer.take()

    def _advance(self, size: int) -> None:
        """Go to the next sample, which may lie in another chunk."""
        self._next += 1
        self._wanted += size
        if self._next == self._table.firsts[self._chunk + 1] < self._table.count:
            self._chunk += 1
            self._wanted = self._table.chunks[self._chunk]


def plain_movie_facts(movie: PlainMovie, table: SampleTable) -> Movie:
    """The index of a plain file in the words that writers know."""
    if movie.audio is None:
        raise malformed(f"{movie.codec} is not AAC")
    return Movie(
        timescale=movie.timescale,
        track_id=1,
        audio=movie.audio,
        protection=None,
        default_duration=0,
        default_size=0,
        priming=movie.priming,
        presentation=movie.presentation or None,
        duration=table.duration,
    )
