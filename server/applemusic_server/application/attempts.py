"""How many tries a guesser gets."""

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from applemusic_server.domain.errors import Reason, ResourceExhaustedError


@dataclass(frozen=True, slots=True)
class Rate:
    """How many tries.

    Attributes:
        most: In a row.
        seconds: Until there is one more.
    """

    most: int
    seconds: float


class Attempts:
    """A bucket of tries that fills up again at a steady rate.

    Args:
        rate: How many.
        clock: Monotonic seconds.
    """

    def __init__(self, rate: Rate, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._left = float(rate.most)
        self._since = clock()

    def take(self) -> float:
        """Use one up; return 0, or the seconds until there is one again."""
        now = self._clock()
        self._fill((now - self._since) / self._rate.seconds)
        self._since = now
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) * self._rate.seconds

    def give_back(self) -> None:
        """It was no wrong guess after all."""
        self._fill(1)

    def _fill(self, tries: float) -> None:
        self._left = min(float(self._rate.most), self._left + tries)


class AttemptLimit:
    """Limits tries per caller, and of all callers together.

    A try is taken before its outcome is known and given back when it was right, so that many at
    once get no more than one after the other. Counted per process: several replicas allow that
    many times more.

    Args:
        each: Of one caller.
        together: Of all.
        clock: Monotonic seconds.
        remembered: Most callers to know; the least recent are forgotten first.
    """

    def __init__(
        self,
        each: Rate,
        together: Rate,
        clock: Callable[[], float],
        *,
        remembered: int = 1024,
    ) -> None:
        self._each = each
        self._clock = clock
        self._all = Attempts(together, clock)
        self._remembered = remembered
        self._callers: OrderedDict[str, Attempts] = OrderedDict()

    def take(self, caller: str) -> None:
        """Use up a try of a caller.

        Raises:
            ResourceExhaustedError: SERVER_BUSY, with the time until the next try.
        """
        mine = self._callers.pop(caller, None) or Attempts(self._each, self._clock)
        self._callers[caller] = mine
        while len(self._callers) > self._remembered:
            self._callers.popitem(last=False)
        wait = mine.take()
        if not wait:
            wait = self._all.take()
            if wait:
                mine.give_back()  # Nothing was tried.
        if wait:
            seconds = math.ceil(wait)
            raise ResourceExhaustedError(
                Reason.SERVER_BUSY,
                f"Too many tries. Wait {seconds} s, then try again.",
                retry_after=timedelta(seconds=seconds),
            )

    def give_back(self, caller: str) -> None:
        """The try was right."""
        self._all.give_back()
        if caller in self._callers:
            self._callers[caller].give_back()
