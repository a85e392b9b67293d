"""How fast a song leaves: a burst, then a little faster than it is played, then just as fast."""

from collections.abc import Callable

# Of the audio that is ahead, so much may be played before the next pieces leave.
_RESTED_SHARE = 0.25


class Pace:
    """Says when the next piece of a stream may leave, by the stream's own clock.

    Where the listener is, is not known. It is taken to have played without a stop since the first
    piece. When more time has gone by than audio was sent, because the reader or Apple was slow,
    it has run dry or paused: the count starts anew with a burst, so that there is no storm of
    pieces to catch up.

    Args:
        burst: Seconds of audio that may leave at once.
        lead: Seconds of audio that may ever be ahead.
        rate: Seconds of audio per second between the two.
        clock: Monotonic seconds.
    """

    def __init__(
        self, *, burst: float, lead: float, rate: float, clock: Callable[[], float]
    ) -> None:
        self._burst = burst
        self._lead = lead
        self._rate = rate
        self._clock = clock
        self._since: float | None = None
        self._sent = 0.0

    def ahead(self) -> float:
        """Seconds of audio that were sent and, by the clock, are not played yet."""
        if self._since is None:
            return 0.0
        return max(0.0, self._sent - (self._clock() - self._since))

    def room(self) -> float:
        """Seconds of audio that may leave now; negative when more did, by a long piece."""
        passed = 0.0 if self._since is None else self._clock() - self._since
        if passed > self._sent:
            passed, sent = 0.0, 0.0  # run dry: as at the start
        else:
            sent = self._sent
        return min(self._burst + passed * self._rate, self._lead + passed) - sent

    def delay(self, duration: float) -> float:
        """Seconds until a piece of so many seconds may leave; not positive when it may now."""
        if self._since is None or duration <= 0:
            return 0.0
        end = self._sent + duration
        due = max((end - self._burst) / self._rate, end - self._lead)
        # A piece longer than the burst leaves, at the latest, when all before it is played.
        return min(due, self._sent) - (self._clock() - self._since)

    def rest(self, duration: float, longest: float) -> float:
        """As `delay`, but longer where the listener has enough: then several pieces leave together.

        To wake up for each piece costs more than the piece does: after each sleep the processor's
        caches hold other people's work (docs: performance).

        Args:
            duration: Of the next piece, in seconds.
            longest: So much longer at most, in seconds.
        """
        delay = self.delay(duration)
        if delay <= 0:
            return delay
        return delay + min(longest, _RESTED_SHARE * self.ahead())

    def sent(self, duration: float) -> None:
        """Count a piece that leaves now."""
        now = self._clock()
        if self._since is None or now - self._since > self._sent:
            self._since, self._sent = now, 0.0
        self._sent += duration
