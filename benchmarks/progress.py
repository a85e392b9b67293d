"""Says on the terminal what is being measured, so that nobody wonders whether it still runs."""

import time
from collections.abc import Callable


class Progress:
    """Prints steps with the time since the start.

    Args:
        total: How many measurements there are.
        clock: Seconds.
    """

    def __init__(self, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._total = total
        self._clock = clock
        self._begun = clock()
        self._done = 0

    def begin(self, name: str, about: str) -> None:
        """Say that the next measurement begins, and roughly how long it takes."""
        self._done += 1
        self._print(f"[{self._done}/{self._total}] {name}, {about}")

    def step(self, text: str) -> None:
        """Say what is done inside of it."""
        self._print(f"      {text}")

    def _print(self, text: str) -> None:
        minutes, seconds = divmod(int(self._clock() - self._begun), 60)
        print(f"{minutes:2}:{seconds:02} {text}", flush=True)
