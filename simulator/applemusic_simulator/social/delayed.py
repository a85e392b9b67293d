"""Writes that are seen a while after they were made, as Apple's are (reference section 2)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class _Write(Generic[K, V]):
    seen_from: float
    key: K
    value: V | None


class DelayedMap(Generic[K, V]):
    """A dictionary whose readers lag behind its writers.

    Args:
        clock: Seconds since 1970.
        delay: How many seconds a write made now takes to be seen.
    """

    def __init__(self, clock: Callable[[], float], delay: Callable[[], float]) -> None:
        self._clock = clock
        self._delay = delay
        self._seen: dict[K, V] = {}
        self._pending: list[_Write[K, V]] = []
        self._version = object()

    @property
    def version(self) -> object:
        """Another object whenever a reader may see something else."""
        self._settle()
        return self._version

    def put(self, key: K, value: V | None) -> None:
        """Set a value, or with None take it away."""
        self._pending.append(_Write(self._clock() + self._delay(), key, value))

    def get(self, key: K) -> V | None:
        """What a reader sees."""
        self._settle()
        return self._seen.get(key)

    def written(self, key: K) -> V | None:
        """What was written last, seen or not."""
        self._settle()
        last = next((write for write in reversed(self._pending) if write.key == key), None)
        return self._seen.get(key) if last is None else last.value

    def __iter__(self) -> Iterator[tuple[K, V]]:
        """All that a reader sees, oldest first."""
        self._settle()
        return iter(list(self._seen.items()))

    def _settle(self) -> None:
        if not self._pending:
            return
        now = self._clock()
        for write in self._pending:
            if write.seen_from <= now:
                self._version = object()
                self._seen.pop(write.key, None)
                if write.value is not None:
                    self._seen[write.key] = write.value
        self._pending = [write for write in self._pending if write.seen_from > now]
