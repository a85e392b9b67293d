"""How long the last songs took to begin, for a person who looks."""

from collections import deque
from typing import Final

_MOST: Final = 60


class RecentTimes:
    """The last times to the first byte, and from one song to the next; in memory, seconds each."""

    def __init__(self) -> None:
        self._first_bytes: deque[float] = deque(maxlen=_MOST)
        self._transitions: deque[float] = deque(maxlen=_MOST)

    @property
    def first_bytes(self) -> tuple[float, ...]:
        """From the arrival of a call to the first byte of audio, the oldest first."""
        return tuple(self._first_bytes)

    @property
    def transitions(self) -> tuple[float, ...]:
        """From the last byte of a song to the first of the next, the oldest first."""
        return tuple(self._transitions)

    def began(self, seconds: float) -> None:
        """Note a first byte."""
        self._first_bytes.append(seconds)

    def went_on(self, seconds: float) -> None:
        """Note a transition."""
        self._transitions.append(seconds)
