"""Seeking in hosts that hold the sound of a song, and seek inside what they hold.

Music Assistant up to 2.9 fills a buffer from the beginning of a song. Sought to a place behind what
the buffer has, it waits until the song gets there, and a song comes at the pace of listening. Such
a host notes the place in the details of the stream before it does anything else: there it is seen
in time to take the buffer away, so that the host begins anew: at the place, or, where that is in
the first minute, from the beginning, which then comes at once.
"""

from collections.abc import Callable
from dataclasses import fields
from typing import Any, Final

from music_assistant_models.streamdetails import StreamDetails

HOLDS: Final = "buffer" in {field.name for field in fields(StreamDetails)}
"""True if and only if the host keeps a buffer in the details of a stream."""

_RUN: Final = "_run"
_MARGIN_SECONDS: Final = 10.0


class Run:
    """One time that the host is given a stream.

    Attributes:
        reached: Position in the song up to which it was given, in seconds.
        ended: True if and only if it was ended because the host went elsewhere.
    """

    def __init__(self, close: Callable[[], None]) -> None:
        """Note how it is ended."""
        self.reached = 0.0
        self.ended = False
        self._close = close

    @classmethod
    def of(cls, details: StreamDetails, close: Callable[[], None]) -> "Run":
        """Begin to give a stream to the host.

        Args:
            details: What the host asks with.
            close: Ends the stream.
        """
        run = cls(close)
        vars(details)[_RUN] = run
        return run

    def end(self) -> None:
        """End it."""
        self.ended = True
        self._close()


class HeldDetails(StreamDetails):
    """The details of a stream, which hear where the host seeks to."""

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; a place behind what the host was given costs it its buffer."""
        super().__setattr__(name, value)
        if name == "seek_position" and value and vars(self).get("buffer") is not None:
            run = vars(self).get(_RUN)
            if isinstance(run, Run) and value > run.reached:
                run.end()
                self.buffer = None


def passed_over(details: StreamDetails, seek: float) -> float:
    """Return how much of a stream the host needs at once, since nobody listens to it; in seconds.

    Args:
        details: The details of the stream.
        seek: Where the host asks it to begin.
    """
    if not HOLDS or not details.seek_position or seek >= details.seek_position:
        return 0.0
    return details.seek_position - seek + _MARGIN_SECONDS
