"""Writers that remember which samples lie where in their output."""

from dataclasses import dataclass

from applemusic_server.media.adts import HEADER_BYTES, AdtsWriter
from applemusic_server.media.writer import CleanMp4Writer, Writer


@dataclass(frozen=True, slots=True)
class SampleRun:
    """Samples that were written one after the other.

    Attributes:
        at: Offset of the first one (of its header, if it has one) in the output of one `take`.
        time: Media time of the first one.
        frames: The samples.
        overhead: Bytes that each has before it in the output.
        durations: Media units of each.
    """

    at: int
    time: int
    frames: list[bytes]
    overhead: int
    durations: list[int]

    def time_at(self, offset: int) -> int | None:
        """Media time of the first sample that begins at `offset` or behind it, if any does."""
        at, time = self.at, self.time
        for frame, duration in zip(self.frames, self.durations, strict=True):
            if at >= offset:
                return time
            at += len(frame) + self.overhead
            time += duration
        return None


class MarkedWriter(Writer):
    """A writer with a list of its runs; whoever takes the output clears it.

    Attributes:
        runs: What was written since the list was cleared.
    """

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[SampleRun] = []

    def _mark(self, frames: list[bytes], time: int, durations: list[int], overhead: int) -> None:
        at = sum(map(len, self._out))
        self.runs.append(SampleRun(at, time, frames, overhead, durations))


class MarkedMp4Writer(MarkedWriter, CleanMp4Writer):
    """The clean MP4, with marks."""

    def samples(self, frames: list[bytes], time: int, durations: list[int]) -> None:
        """See `Sink.samples`."""
        self._mark(frames, time, durations, 0)
        super().samples(frames, time, durations)


class MarkedAdtsWriter(MarkedWriter, AdtsWriter):
    """ADTS, with marks."""

    def samples(self, frames: list[bytes], time: int, durations: list[int]) -> None:
        """See `Sink.samples`."""
        self._mark(frames, time, durations, HEADER_BYTES)
        super().samples(frames, time, durations)
