"""How long the steps of a start took."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
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

    @contextmanager
    def measure(self, stage: Stage) -> Iterator[None]:
        """Measure the body; a stage that comes twice counts both times, in the first's place."""
        begun = self._clock()
        self._seconds.setdefault(stage, 0.0)
        try:
            yield
        finally:
            self._seconds[stage] += self._clock() - begun

    def all(self) -> tuple[tuple[Stage, timedelta], ...]:
        """Every stage that was begun."""
        return tuple((stage, timedelta(seconds=s)) for stage, s in self._seconds.items())
