"""Where the listener is, as far as it can be known from what was handed to a player."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

_Item = TypeVar("_Item")
_NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class _Mark(Generic[_Item]):
    item: _Item
    begins: timedelta  # in everything that was handed over
    offset: timedelta  # in the song


class Playhead(Generic[_Item]):
    """Follows the clock from the first audio on, and never gets ahead of what was handed over.

    A player that buffers is a moment behind; one that is stopped is not noticed.

    Args:
        clock: Seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._marks: deque[_Mark[_Item]] = deque()
        self._handed = _NOTHING
        self._played = _NOTHING
        self._looked: float | None = None

    def begins(self, item: _Item, offset: timedelta = _NOTHING) -> None:
        """Note that a song begins behind what was handed over so far."""
        self._marks.append(_Mark(item, self._handed, offset))

    def handed(self, position: timedelta) -> None:
        """Note that the song was handed over up to a position in it."""
        if self._looked is None:
            self._looked = self._clock()
        mark = self._marks[-1]
        self._handed = max(self._handed, mark.begins + position - mark.offset)

    def settle(self) -> None:
        """Note that everything that was handed over has been heard."""
        self._played = self._handed
        self._looked = None

    @property
    def ahead(self) -> timedelta:
        """How much was handed over and not heard yet."""
        return self._handed - self._now()

    def now(self) -> tuple[_Item, timedelta] | None:
        """Return the song that is heard, and where in it; None before the first."""
        if not self._marks:
            return None
        played = self._now()
        while len(self._marks) > 1 and self._marks[1].begins <= played:
            self._marks.popleft()
        mark = self._marks[0]
        return mark.item, played - mark.begins + mark.offset

    def _now(self) -> timedelta:
        if self._looked is not None:
            clock = self._clock()
            self._played = min(self._played + timedelta(seconds=clock - self._looked), self._handed)
            self._looked = clock
        return self._played
