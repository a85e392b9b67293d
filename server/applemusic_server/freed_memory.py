"""Gives the system back what start-up, or a crowd, has freed."""

import asyncio
import ctypes
import gc
from collections.abc import Callable
from typing import Final, Protocol

# Fewer streams leave less than what a look through all objects is worth.
_CROWD: Final = 50
# Of a crowd that has left, this share may still be there.
_REST: Final = 0.25
_LOOK_SECONDS: Final = 15.0


def give_back() -> bool:
    """Give the system the memory that was freed and is still held by the allocator.

    Imports free much of what they take, 3 MB of which glibc keeps for later. Takes some
    milliseconds: once, at the end of start-up.

    Returns:
        Whether there was something to give back; False also where the C library cannot.
    """
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return False  # musl, macOS and Windows have no such function
    return bool(trim(0))


def tidy_up(*, alone: bool) -> None:
    """Give back what is free.

    Args:
        alone: Nobody listens: also free what only refers to itself, which holds everything up for
            0.1 s after 400 streams. What is free alone takes 3 ms.
    """
    if alone:
        gc.collect()
    give_back()


class Tidy(Protocol):
    """As `tidy_up`."""

    def __call__(self, *, alone: bool) -> None:
        """Give back what is free."""
        ...


class CrowdWatch:
    """Tidies up when a crowd of listeners has left.

    glibc keeps what is free between things that stay, whatever its thresholds are, and the garbage
    collector of a server that has little to do comes by too seldom: half of what 400 streams took.

    Args:
        streams: How many are open.
        tidy: Is called when most have left.
    """

    def __init__(self, streams: Callable[[], int], tidy: Tidy = tidy_up) -> None:
        self._streams = streams
        self._tidy = tidy
        self._most = 0
        self._timer: asyncio.TimerHandle | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look four times a minute from now on."""
        self._timer = loop.call_later(_LOOK_SECONDS, self._look_again, loop)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def look(self) -> None:
        """Tidy up if a crowd was here at an earlier look, and most of it has left."""
        now = self._streams()
        self._most = max(self._most, now)
        if self._most >= _CROWD and now <= self._most * _REST:
            self._most = now
            self._tidy(alone=now == 0)

    def _look_again(self, loop: asyncio.AbstractEventLoop) -> None:
        self.look()
        self.start(loop)
