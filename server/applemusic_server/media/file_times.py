"""Which byte of a plain file is heard when."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import Protocol

# Of one frame: what is nearer than this to its beginning counts as its beginning.
_NEAR = 0.01


class FileTimes(Protocol):
    """Media time of places in a file."""

    def time_at(self, offset: int) -> float:
        """Seconds at which the first frame begins that lies at `offset` or behind it."""
        ...


class FrameTimes:
    """Times of a file of frames, between points that are known.

    Args:
        points: Offsets that divide the playing time evenly, the first frame's first, the end last.
            Never falling.
        seconds: Playing time of all.
        frame_seconds: Playing time of one frame.
    """

    def __init__(self, points: Sequence[int], seconds: float, frame_seconds: float) -> None:
        self._points = tuple(points)
        self._step = seconds / (len(points) - 1)
        self._seconds = seconds
        self._frame = frame_seconds

    @property
    def seconds(self) -> float:
        """Playing time of all."""
        return self._seconds

    def time_at(self, offset: int) -> float:
        """See `FileTimes.time_at`."""
        points = self._points
        if offset <= points[0]:
            return 0.0
        if offset >= points[-1]:
            return self._seconds
        place = bisect_right(points, offset) - 1
        share = (offset - points[place]) / (points[place + 1] - points[place])
        frames = math.ceil((place + share) * self._step / self._frame - _NEAR)
        return min(self._seconds, frames * self._frame)

    def offset_at(self, seconds: float) -> int:
        """The offset that is heard at a time; a frame begins near it, seldom at it."""
        place = min(int(seconds / self._step), len(self._points) - 2)
        share = min(1.0, seconds / self._step - place)
        before, after = self._points[place], self._points[place + 1]
        return before + int((after - before) * share)
