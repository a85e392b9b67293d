"""Where the samples of a plain MP4's audio track lie, and when they are heard."""

import sys
from array import array
from bisect import bisect_right
from dataclasses import dataclass

from applemusic_server.media.boxes import Box, Fields, only, optional
from applemusic_server.media.failures import malformed

# A day of AAC.
MOST_SAMPLES = 1 << 22


@dataclass(frozen=True, slots=True)
class Run:
    """Samples of the same kind, one after the other.

    Attributes:
        first: Number of the first one.
        time: Its decode time, in units of the track.
        delta: Duration of each, in units.
    """

    first: int
    time: int
    delta: int


class SampleTable:
    """The samples of one track.

    Attributes:
        chunks: Offset in the file of each chunk.
        firsts: Number of each chunk's first sample; one entry more, the count of samples.
        sizes: Bytes of each sample.
        runs: Durations.
        duration: Units of all samples.
    """

    def __init__(
        self,
        chunks: "array[int]",
        firsts: "array[int]",
        sizes: "array[int]",
        runs: list[Run],
        duration: int,
    ) -> None:
        self.chunks = chunks
        self.firsts = firsts
        self.sizes = sizes
        self.runs = runs
        self.duration = duration
        # An offset that was asked for; where the sample is that was answered, and its number.
        self._asked = 0, 0, 0

    @property
    def count(self) -> int:
        """How many samples there are."""
        return len(self.sizes)

    @property
    def start(self) -> int:
        """Offset of the first sample."""
        return self.chunks[0]

    @property
    def end(self) -> int:
        """Offset after the last sample."""
        last = len(self.chunks) - 1
        return self.chunks[last] + self._chunk_bytes(last)

    def in_order(self) -> bool:
        """Whether no sample lies before an earlier one, so that the file plays front to back."""
        return all(
            self.chunks[each] + self._chunk_bytes(each) <= self.chunks[each + 1]
            for each in range(len(self.chunks) - 1)
        )

    def offset(self, sample: int) -> int:
        """Where a sample begins."""
        chunk = self.chunk_of(sample)
        return self.chunks[chunk] + sum(self.sizes[self.firsts[chunk] : sample])

    def chunk_of(self, sample: int) -> int:
        """The chunk that holds a sample."""
        return bisect_right(self.firsts, sample) - 1

    def time(self, sample: int) -> int:
        """Decode time of a sample in units; of the end for the number after the last."""
        if sample >= self.count:
            return self.duration
        run = self.runs[bisect_right(self.runs, sample, key=lambda each: each.first) - 1]
        return run.time + (sample - run.first) * run.delta

    def durations(self, first: int, count: int) -> list[int]:
        """Units of each of some samples."""
        place = bisect_right(self.runs, first, key=lambda each: each.first) - 1
        found: list[int] = []
        while len(found) < count:
            after = self.runs[place + 1].first if place + 1 < len(self.runs) else self.count
            length = min(after, first + count) - first - len(found)
            found += [self.runs[place].delta] * length
            place += 1
        return found

    def sample_at_time(self, units: int) -> int:
        """The sample that plays at a time before the end."""
        run = self.runs[bisect_right(self.runs, units, key=lambda each: each.time) - 1]
        sample = run.first + ((units - run.time) // run.delta if run.delta else 0)
        return min(sample, self.count - 1)

    def sample_at_offset(self, offset: int) -> int:
        """The first sample that begins at an offset or behind it; the count if none does."""
        chunk = bisect_right(self.chunks, offset) - 1
        if chunk < 0:
            return 0
        at, sample = self.chunks[chunk], self.firsts[chunk]
        # Whoever reads a file asks again a little further on; a chunk can be all of a song.
        asked, asked_at, asked_sample = self._asked
        if at <= asked <= offset and sample <= asked_sample <= self.firsts[chunk + 1]:
            at, sample = asked_at, asked_sample
        while at < offset and sample < self.firsts[chunk + 1]:
            at += self.sizes[sample]
            sample += 1
        self._asked = offset, at, sample
        return sample

    def _chunk_bytes(self, chunk: int) -> int:
        return sum(self.sizes[self.firsts[chunk] : self.firsts[chunk + 1]])


def read_sample_table(buffer: bytes, stbl: list[Box], total_bytes: int) -> SampleTable:
    """Read the boxes of a sample table (ISO/IEC 14496-12 8.6 to 8.7).

    Args:
        buffer: What the boxes are offsets of.
        stbl: The children of `stbl`.
        total_bytes: Of the file: no sample lies behind it.

    Raises:
        DataLossError: MEDIA_MALFORMED, the tables contradict each other or the file.
    """
    sizes = _sizes(Fields.of(buffer, only(stbl, b"stsz")))
    chunks = _chunks(buffer, stbl)
    firsts = _firsts(Fields.of(buffer, only(stbl, b"stsc")), len(chunks), len(sizes))
    runs, duration = _runs(Fields.of(buffer, only(stbl, b"stts")), len(sizes))
    table = SampleTable(chunks, firsts, sizes, runs, duration)
    if max(chunks) > total_bytes or table.end > total_bytes:
        raise malformed("samples behind the end of the file")
    return table


def _sizes(fields: Fields) -> "array[int]":
    fields.version_and_flags()
    uniform, count = fields.unsigned(4), fields.unsigned(4)
    if not 0 < count <= MOST_SAMPLES:
        raise malformed(f"{count} samples")
    if uniform:
        return array("I", (uniform,)) * count
    return _numbers("I", fields, count)


def _chunks(buffer: bytes, stbl: list[Box]) -> "array[int]":
    large = optional(stbl, b"co64")
    fields = Fields.of(buffer, large or only(stbl, b"stco"))
    fields.version_and_flags()
    count = fields.unsigned(4)
    if not 0 < count <= MOST_SAMPLES:
        raise malformed(f"{count} chunks")
    return _numbers("Q" if large else "I", fields, count)


def _numbers(kind: str, fields: Fields, count: int) -> "array[int]":
    numbers = array(kind)
    numbers.frombytes(fields.take(count * numbers.itemsize))
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers


def _firsts(fields: Fields, chunks: int, samples: int) -> "array[int]":
    """The number of each chunk's first sample, from the runs of `stsc`."""
    fields.version_and_flags()
    count = fields.unsigned(4)
    if not 0 < count <= chunks:
        raise malformed(f"{count} runs of chunks")
    runs = []
    for _ in range(count):
        first, each = fields.unsigned(4), fields.unsigned(4)
        if fields.unsigned(4) != 1 or not each:
            raise malformed("a chunk without samples, or of another kind")
        runs.append((first - 1, each))
    begins = [first for first, _ in runs]
    if begins[0] != 0 or begins[-1] >= chunks or sorted(set(begins)) != begins:
        raise malformed("runs of chunks that are not in order")
    firsts, sample = array("Q"), 0
    for (first, each), after in zip(runs, [*begins[1:], chunks], strict=True):
        length = after - first
        if sample + length * each > samples:
            raise malformed("chunks that hold more samples than there are")
        firsts.extend(range(sample, sample + length * each, each))
        sample += length * each
    if sample != samples:
        raise malformed("samples that no chunk holds")
    firsts.append(samples)
    return firsts


def _runs(fields: Fields, samples: int) -> tuple[list[Run], int]:
    fields.version_and_flags()
    count = fields.unsigned(4)
    if not 0 < count <= samples:
        raise malformed(f"{count} runs of durations")
    runs, sample, time = list[Run](), 0, 0
    for _ in range(count):
        length, delta = fields.unsigned(4), fields.unsigned(4)
        if not length:
            continue
        runs.append(Run(sample, time, delta))
        sample += length
        time += length * delta
    if sample != samples or not time:
        raise malformed("durations for another number of samples")
    return runs, time
