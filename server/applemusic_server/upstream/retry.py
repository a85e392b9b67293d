"""When a request is tried again, and when not any more."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


class Trouble(Enum):
    """Why an attempt did not bring a usable answer."""

    THROTTLED = "throttled"
    SERVER = "server"
    TIMEOUT = "timeout"
    CONNECTION = "connection"


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential back-off with jitter that only ever lengthens.

    A 429 of Apple's carries no Retry-After and is over within 0.5 s in the median and 3.5 s at most
    (reference: observed), so the waits of `throttled_tries` must add up to more than 3.5 s:
    0.5 + 1 + 2 + 2 s and the jitter. Times are in seconds.

    Attributes:
        jitter: How much longer than planned a wait may become, as a share of it.
        patient_throttled_tries: Of 429s where nobody waits for the answer: a sync lives for as long
            as it takes the pacer to find the rate, about half a minute at the worst.
        longest_wait: A Retry-After beyond it is told to the caller instead of being waited for.
    """

    first_wait: float = 0.5
    last_wait: float = 2.0
    jitter: float = 0.3
    throttled_tries: int = 5
    patient_throttled_tries: int = 20
    server_tries: int = 3
    connection_tries: int = 3
    timeout_tries: int = 2
    longest_wait: float = 10.0

    def wait(
        self,
        trouble: Trouble,
        tries: int,
        retry_after: float | None,
        random: Callable[[], float],
        *,
        patient: bool = False,
    ) -> float | None:
        """Return how long to wait before the next try; None when this was the last.

        Args:
            trouble: What went wrong.
            tries: How many tries there were, this one included.
            retry_after: What Apple asked for, if it did.
            random: A number from 0 to 1.
            patient: Nobody waits for the answer.
        """
        if tries >= self._most(trouble, patient=patient):
            return None
        planned = min(self.first_wait * 2.0 ** (tries - 1), self.last_wait)
        planned *= 1.0 + self.jitter * random()
        if retry_after is not None:
            planned = max(planned, retry_after)
        return planned if planned <= self.longest_wait else None

    def _most(self, trouble: Trouble, *, patient: bool) -> int:
        match trouble:
            case Trouble.THROTTLED:
                return self.patient_throttled_tries if patient else self.throttled_tries
            case Trouble.SERVER:
                return self.server_tries
            case Trouble.TIMEOUT:
                return self.timeout_tries
            case Trouble.CONNECTION:
                return self.connection_tries
