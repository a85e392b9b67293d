"""How often something may happen: at once so many times, and then so often per second."""

from collections.abc import Callable


class Allowance:
    """Grows with time up to a most, and is used up one by one.

    Args:
        most: How many times at once.
        per_second: How fast it grows again.
        clock: Monotonic seconds.
    """

    def __init__(self, most: float, per_second: float, clock: Callable[[], float]) -> None:
        self._most = most
        self._per_second = per_second
        self._clock = clock
        self._left = most
        self._at = clock()

    def take(self) -> bool:
        """Use one up, and say whether there was one."""
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
