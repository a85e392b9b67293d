"""What the connection delivers, in parts of one size."""

from collections.abc import Iterator


class Parts:
    """Joins small reads and divides big ones; what needs no joining is not copied.

    Args:
        size: Bytes of a part.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._held: list[memoryview] = []
        self._held_bytes = 0

    def add(self, data: bytes) -> Iterator[bytes | memoryview]:
        """Take bytes and yield the parts that are full; what is left over waits for the next."""
        view = memoryview(data)
        at = 0
        while self._held_bytes + len(view) - at >= self._size:
            end = at + self._size - self._held_bytes
            self._held.append(view[at:end])
            at = end
            yield self.rest()
        if at < len(view):
            self._held.append(view[at:])
            self._held_bytes += len(view) - at

    def rest(self) -> bytes | memoryview:
        """What waits, which may be nothing; it waits no longer."""
        part = self._held[0] if len(self._held) == 1 else b"".join(self._held)
        self._held.clear()
        self._held_bytes = 0
        return part
