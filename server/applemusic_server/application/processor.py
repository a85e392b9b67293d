"""Whether the event loop has time to spare."""

from collections.abc import Callable
from dataclasses import dataclass

# Single callbacks take up to some milliseconds: less than this says nothing.
_SPAN_SECONDS = 0.02
_BUSY_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class ThreadUse:
    """What a thread has done since it began.

    Attributes:
        seconds: So long it had a processor.
        pauses: So often it waited for something.
    """

    seconds: float
    pauses: int


class Processor:
    """Tells whether a thread has work without a pause, as far back as somebody last asked.

    By the time it used, in which short waits for another thread do not matter; or, on a machine
    that is busy with other things and gives it less than it could use, because it never waited.

    Args:
        clock: Monotonic seconds.
        use: What the thread that asks has done.
    """

    def __init__(self, clock: Callable[[], float], use: Callable[[], ThreadUse]) -> None:
        self._clock = clock
        self._use = use
        self._looked_at = clock()
        self._used = use()
        self._busy = False

    def busy(self) -> bool:
        """Whether it was so from one look to the next, 20 ms or more."""
        now = self._clock()
        passed = now - self._looked_at
        if passed >= _SPAN_SECONDS:
            before, self._used = self._used, self._use()
            self._busy = (
                self._used.pauses == before.pauses
                or self._used.seconds - before.seconds >= _BUSY_SHARE * passed
            )
            self._looked_at = now
        return self._busy
