"""Answers that were worded once and are given again while nothing they tell of has changed."""

import zlib
from collections import OrderedDict
from collections.abc import Hashable

MOST_BYTES = 64 * 1024 * 1024
# The fastest: a page of songs shrinks to a tenth all the same.
_LEVEL = 1


class KeptAnswers:
    """Bodies by what they follow from; those that were not asked for longest go first.

    Args:
        most_bytes: How much they may take, compressed.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable) -> bytes | None:
        """The body of an answer."""
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return zlib.decompress(found)

    def put(self, key: Hashable, body: bytes) -> None:
        """Keep a body."""
        packed = zlib.compress(body, _LEVEL)
        self._bytes += len(packed) - len(self._kept.pop(key, b""))
        self._kept[key] = packed
        while self._bytes > self._most_bytes:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= len(oldest)
