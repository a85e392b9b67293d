"""What a broadcast plays over and over, by the clock."""

from bisect import bisect_right
from dataclasses import dataclass

from applemusic_simulator.media.adts import AdtsSegment
from applemusic_simulator.model import Song


@dataclass(frozen=True, slots=True)
class BroadcastLoop:
    """A few songs in segments, without end.

    Attributes:
        segments: Each with the song that it is from.
        ends: When each segment ends, in seconds from the loop's begin.
    """

    segments: tuple[tuple[Song, AdtsSegment], ...]
    ends: tuple[float, ...]

    @property
    def seconds(self) -> float:
        """Playing time of one lap."""
        return self.ends[-1]

    @property
    def longest(self) -> float:
        """Playing time of the longest segment."""
        return max(segment.seconds for _, segment in self.segments)

    def segment(self, number: int) -> tuple[Song, AdtsSegment]:
        """The segment with a number that counts since 1970, and its song."""
        return self.segments[number % len(self.segments)]

    def finished(self, now: float) -> int:
        """How many segments were over at a time, since 1970."""
        laps, rest = divmod(now, self.seconds)
        return int(laps) * len(self.segments) + bisect_right(self.ends, rest)

    def begin(self, number: int) -> float:
        """When a segment began, in seconds since 1970."""
        laps, index = divmod(number, len(self.segments))
        return laps * self.seconds + (self.ends[index - 1] if index else 0.0)
