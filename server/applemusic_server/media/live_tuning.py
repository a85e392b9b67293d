"""The numbers that broadcasts are read by, in one place."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LiveTuning:
    """Where a broadcast begins and how patient the server is.

    Attributes:
        start_targets: It begins so many target durations before its end, as RFC 8216 section 6.3.3
            has it: nearer, and each hiccup is heard.
        most_behind_seconds: A reader that is further behind the end than that, because it took
            nothing for a while, goes on at the place where it would begin.
        start_patience_seconds: So long the first segment is tried for, beyond the first try.
        patience_seconds: So long a playlist may stand still or be away in the middle, and three
            target durations at least; most of it the listener plays what was sent ahead.
        segment_tries: So often a segment is asked for before it is left out.
        first_wait_seconds: Before a further try; doubles each time.
        most_lost: So many segments in a row may be left out before the stream fails.
    """

    start_targets: float = 3.0
    most_behind_seconds: float = 60.0
    start_patience_seconds: float = 4.0
    patience_seconds: float = 30.0
    segment_tries: int = 3
    first_wait_seconds: float = 0.5
    most_lost: int = 3
