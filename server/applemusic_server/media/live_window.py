"""Which segment of a broadcast comes next, while its playlist moves on."""

from applemusic_server.media.live_playlist import LivePlaylist, LiveSegment
from applemusic_server.media.live_tuning import LiveTuning

_NO_SEGMENTS = LivePlaylist(1.0, (), ended=False)


class LiveWindow:
    """Follows the playlist of one broadcast. Asks nobody and waits for nothing.

    Args:
        tuning: Where to begin, and how far behind one may be.
    """

    def __init__(self, tuning: LiveTuning) -> None:
        self._tuning = tuning
        self._playlist = _NO_SEGMENTS
        self._next: int | None = None
        self._begun = False
        self._gaps: list[str] = []

    @property
    def target_duration(self) -> float:
        """Seconds; no segment is longer."""
        return self._playlist.target_duration

    @property
    def moves(self) -> bool:
        """Whether the playlist may get more."""
        return not self._playlist.ended

    @property
    def at_end(self) -> bool:
        """Whether everything was taken and nothing will follow."""
        return self._playlist.ended and self.first is None

    @property
    def first(self) -> LiveSegment | None:
        """The segment that comes next; None when the playlist has none yet."""
        segments = self._playlist.segments
        if self._next is None or not segments:
            return None
        index = self._next - segments[0].number
        return segments[index] if 0 <= index < len(segments) else None

    def update(self, playlist: LivePlaylist) -> bool:
        """Take a playlist over; returns whether it has anything new.

        One that is older than the last one is not taken: the servers of a CDN do not keep step.
        One that shares nothing with it and is older is that of a broadcast that began anew.
        """
        old, new = self._playlist.segments, playlist.segments
        if not new:
            return False
        if self._next is None:
            self._next = self._place(playlist)
        elif new[-1].number < self._next - 1 and old:
            if new[-1].number >= old[0].number:
                return False
            self._skip("the broadcast began anew", self._place(playlist))
        self._playlist = playlist
        self._keep_up()
        return not old or new[-1].number != old[-1].number or playlist.ended

    def take(self) -> None:
        """Go on behind the first segment."""
        self._begun = True
        self._next = (self._next or 0) + 1

    def lose(self, why: str) -> None:
        """Go on behind the first segment, which could not be had."""
        self._skip(why, (self._next or 0) + 1)

    def gaps(self) -> list[str]:
        """Take what was left out since the last time, each in words."""
        gaps, self._gaps = self._gaps, []
        return gaps

    def _keep_up(self) -> None:
        playlist, place = self._playlist, self._next or 0
        first = playlist.segments[0].number
        if place < first:
            self._skip(f"{first - place} or more segments were gone", self._place(playlist))
        elif not playlist.ended:
            behind = sum(each.duration for each in playlist.segments[place - first :])
            usual = self._tuning.start_targets * playlist.target_duration
            if behind > max(self._tuning.most_behind_seconds, 2 * usual):
                self._skip(f"the reader was {behind:.0f} s behind", self._place(playlist))

    def _skip(self, why: str, to: int) -> None:
        self._next = to
        # Before the first segment nothing is left out: it begins a little later.
        if self._begun and why not in self._gaps:
            self._gaps.append(why)

    def _place(self, playlist: LivePlaylist) -> int:
        """Where one begins now."""
        segments = playlist.segments
        if playlist.ended and self._next is None:
            return segments[0].number  # a recorded show: from its beginning
        left = self._tuning.start_targets * playlist.target_duration
        for segment in reversed(segments):
            left -= segment.duration
            if left < segment.duration / 2:
                return segment.number
        return segments[0].number
