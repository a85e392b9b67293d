"""Lists that come in pages."""

from collections.abc import Iterator
from typing import Generic, TypeVar

from applemusic import paging
from applemusic.blocking.loop_thread import LoopThread
from applemusic.paging import Page

_Item = TypeVar("_Item")


class Pager(Generic[_Item]):
    """A list that is read page by page while it is iterated.

    `for item in pager` gives all items, `for page in pager.pages()` whole pages. Nothing is read
    before that. Each iteration begins anew.
    """

    def __init__(self, thread: LoopThread, pager: paging.Pager[_Item]) -> None:
        self._thread = thread
        self._pager = pager

    def __iter__(self) -> Iterator[_Item]:
        return self._thread.iterate(aiter(self._pager))

    def pages(self) -> Iterator[Page[_Item]]:
        """Yield whole pages. Pages may be empty without being the last.

        Raises:
            ProtocolError: The server sent the same page token twice in a row.
        """
        return self._thread.iterate(self._pager.pages())

    def first(self) -> _Item | None:
        """Return the first item, or None when there is none."""
        return self._thread.run(self._pager.first())

    def to_list(self, limit: int | None = None) -> list[_Item]:
        """Return the items, at most `limit` of them; pages beyond that are not read."""
        return self._thread.run(self._pager.to_list(limit))
