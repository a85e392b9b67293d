"""How long the steps of a start took."""

from collections.abc import Callable
from datetime import timedelta

from applemusic_server.domain.audio import Stage


class StageTimes:
    """Collects the durations of stages in the order in which they began.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seconds: dict[Stage, float] = {}

    def measure(self, stage: Stage) -> "Measuring":
        """Measure the body of `with`.

        A stage that comes twice counts both times, in the first's place.
        """
        return Measuring(self._seconds, stage, self._clock)

    def all(self) -> tuple[tuple[Stage, timedelta], ...]:
        """Every stage that was begun."""
        return tuple((stage, timedelta(seconds=s)) for stage, s in self._seconds.items())


class Measuring:
    """A context manager; see `StageTimes.measure`. No generator: each song that starts makes five.

    Args:
        seconds: To which the time is added.
        stage: What is measured.
        clock: Monotonic seconds.
    """

    __slots__ = ("_begun", "_clock", "_seconds", "_stage")

    def __init__(
        self, seconds: dict[Stage, float], stage: Stage, clock: Callable[[], float]
    ) -> None:
        self._seconds = seconds
        self._stage = stage
        self._clock = clock
        self._begun = 0.0

    def __enter__(self) -> None:
        self._seconds.setdefault(self._stage, 0.0)
        self._begun = self._clock()

    def __exit__(self, *_: object) -> None:
        self._seconds[self._stage] += self._clock() - self._begun
