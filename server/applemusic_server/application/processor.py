"""Whether the event loop has time to spare."""

from collections.abc import Callable

# Single callbacks take up to some milliseconds: less than this says nothing.
_SPAN_SECONDS = 0.02


class Processor:
    """Tells whether a thread went on without a pause, as far back as somebody last asked.

    Not by the time it used: on a machine that is busy with other things it gets less than it could
    use.

    Args:
        clock: Monotonic seconds.
        pauses: How often the thread has waited for something, ever.
    """

    def __init__(self, clock: Callable[[], float], pauses: Callable[[], int]) -> None:
        self._clock = clock
        self._pauses = pauses
        self._looked_at = clock()
        self._paused = pauses()
        self._busy = False

    def busy(self) -> bool:
        """Whether there was no pause from one look to the next, 20 ms or more."""
        now = self._clock()
        if now - self._looked_at >= _SPAN_SECONDS:
            paused = self._pauses()
            self._busy = paused == self._paused
            self._looked_at, self._paused = now, paused
        return self._busy
