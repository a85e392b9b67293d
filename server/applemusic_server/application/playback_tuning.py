"""The numbers that playback is tuned by, in one place."""

from dataclasses import dataclass, replace
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class PlaybackTuning:
    """How a stream is paced, and how patient and how generous the server is.

    Attributes:
        burst_seconds: Audio that leaves at once at the start, and again after the listener has
            run dry.
        most_burst_seconds: So much at most leaves at once for a caller that asks for more.
        fill_rate: Then so many seconds of audio leave per second, until
        lead_seconds: the stream is so far ahead of real time: what a skipped song costs at most.
        rest_seconds: Pieces leave in groups with rests in between, each so long at most and never
            longer than a quarter of what the listener has left: fewer wake-ups for the same audio.
            A group is asked of Apple when it is due, so that a stream that rests holds nothing.
        fetch_ahead_seconds: But Apple is asked as soon as the listener has no more than this left.
        read_on_seconds: While many others start, what follows the first piece and is on its way is
            left alone until the listener has no more than this left.
        keep_alive_seconds: Longest silence between two frames.
        stall_grace_seconds: Apple is given at least so long before a stream counts as stalled;
            longer, as long as the listener has something left to play.
        start_timeout_seconds: Longest time until the first byte.
        look_ahead_pieces: Pieces that are read before they are due.
        streams_per_account: More at the same time are refused.
        streams_per_server: More at the same time are refused.
        retry_after: When to try again after that.
    """

    burst_seconds: float = 10.0
    most_burst_seconds: float = 60.0
    fill_rate: float = 2.0
    lead_seconds: float = 30.0
    rest_seconds: float = 8.0
    fetch_ahead_seconds: float = 2.0
    read_on_seconds: float = 0.75
    keep_alive_seconds: float = 20.0
    stall_grace_seconds: float = 1.0
    start_timeout_seconds: float = 15.0
    look_ahead_pieces: int = 1
    streams_per_account: int = 4
    streams_per_server: int = 1000
    retry_after: timedelta = timedelta(seconds=5)

    def __post_init__(self) -> None:
        if self.burst_seconds < 0 or self.lead_seconds <= 0 or self.fill_rate < 1:
            raise ValueError("0 <= burst_seconds, 0 < lead_seconds and 1 <= fill_rate must hold")

    def with_burst(self, seconds: float) -> "PlaybackTuning":
        """Return the tuning for a caller that would like so much at once; never less than usual."""
        burst = max(self.burst_seconds, min(seconds, self.most_burst_seconds))
        return replace(self, burst_seconds=burst, lead_seconds=max(self.lead_seconds, burst))
