"""A catalogue's mapping together with what is made on demand."""

from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

V = TypeVar("V")


class Found(Mapping[str, V], Generic[V]):
    """Looks into the catalogue first; only that part is listed.

    Args:
        listed: The catalogue.
        find: Makes the rest, or says None.
    """

    def __init__(self, listed: Mapping[str, V], find: Callable[[str], V | None]) -> None:
        self._listed = listed
        self._find = find

    def __getitem__(self, key: str) -> V:
        if key in self._listed:
            return self._listed[key]
        found = self._find(key)
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._listed)

    def __len__(self) -> int:
        return len(self._listed)
