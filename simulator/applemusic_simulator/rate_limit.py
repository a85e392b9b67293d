"""How many API requests a developer team may make; Apple counts per team (reference 1.1)."""

from collections.abc import Callable
from typing import Any


class RateLimit:
    """A bucket per team, filled at a steady rate; whoever finds it empty gets 429.

    Args:
        clock: Monotonic seconds.

    Attributes:
        per_second: How many requests; None is without limit.
        burst: How many at once after a rest.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}
        self.per_second: float | None = None
        self.burst = 1.0
        self.refused = 0

    def set(self, per_second: float | None, burst: float | None = None) -> None:
        """Limit from now on.

        Args:
            per_second: More than 0, or None for no limit.
            burst: 1 or more; by default one second's worth.
        """
        self.per_second = per_second
        self.burst = max(1.0, burst if burst is not None else per_second or 1.0)
        self._left.clear()
        self.refused = 0

    def take(self, team_id: str) -> bool:
        """Count a request; False if it is one too many."""
        if self.per_second is None:
            return True
        now = self._clock()
        left, then = self._left.get(team_id, (self.burst, now))
        left = min(self.burst, left + (now - then) * self.per_second)
        allowed = left >= 1
        self._left[team_id] = (left - allowed, now)
        self.refused += not allowed
        return allowed

    def reset(self) -> None:
        """No limit."""
        self.set(None)

    def describe(self) -> dict[str, Any]:
        """JSON-ready values, for the control API."""
        return {"per_second": self.per_second, "burst": self.burst, "refused": self.refused}
