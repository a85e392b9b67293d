"""The simulator's idea of now, which a test can move forward."""

import time
from collections.abc import Callable


class SimulatedClock:
    """Wall time plus what was added by hand.

    Args:
        base: Where time comes from, in seconds since 1970.
    """

    def __init__(self, base: Callable[[], float] = time.time) -> None:
        self._base = base
        self._offset = 0.0

    def __call__(self) -> float:
        """Seconds since 1970, as the simulator sees it."""
        return self._base() + self._offset

    def advance(self, seconds: float) -> None:
        """Move now by `seconds`; tokens and signed URLs age with it."""
        self._offset += seconds

    def reset(self) -> None:
        """Return to the real time."""
        self._offset = 0.0
