"""What Apple recommends, and what was played.

Made of applemusic/recommendations.py by `make gen`: do not edit.
"""

from typing import Unpack

from applemusic import recommendations as behind
from applemusic.blocking.loop_thread import LoopThread
from applemusic.blocking.pager import Pager
from applemusic.calls import Paged, Read
from applemusic.models.recommendation import Recommendation, Replay
from applemusic.models.resource import Resource, Track


class Recommendations:
    """Recommendations and history. Every method needs an account."""

    def __init__(self, thread: LoopThread, behind: behind.Recommendations) -> None:
        self._thread = thread
        self._recommendations = behind

    def groups(self, **call: Unpack[Paged]) -> Pager[Recommendation]:
        """List the groups of recommendations, each with its first items."""
        return Pager(self._thread, self._thread.call(lambda: self._recommendations.groups(**call)))

    def items(self, recommendation_id: str, **call: Unpack[Paged]) -> Pager[Resource]:
        """List the items of one group; `Recommendation.next_page_token` goes on after its own."""
        return Pager(
            self._thread,
            self._thread.call(lambda: self._recommendations.items(recommendation_id, **call)),
        )

    def recently_played(self, **call: Unpack[Paged]) -> Pager[Resource]:
        """List albums, playlists and stations that were played last, newest first."""
        return Pager(
            self._thread, self._thread.call(lambda: self._recommendations.recently_played(**call))
        )

    def recently_played_tracks(self, **call: Unpack[Paged]) -> Pager[Track]:
        """List songs and music videos that were played last, newest first."""
        return Pager(
            self._thread,
            self._thread.call(lambda: self._recommendations.recently_played_tracks(**call)),
        )

    def heavy_rotation(self, **call: Unpack[Paged]) -> Pager[Resource]:
        """List what was played most in the last weeks."""
        return Pager(
            self._thread, self._thread.call(lambda: self._recommendations.heavy_rotation(**call))
        )

    def replay(self, *, year: int = 0, month: int = 0, **call: Unpack[Read]) -> Replay:
        """Return what was played most in a year or month.

        Args:
            year: Year; 0 means the latest that Apple has.
            month: 1 to 12; 0 means the whole year.
            **call: Account, options and timeout.

        Raises:
            ResourceNotFoundError: Apple has no summary of that time.
        """
        return self._thread.run(self._recommendations.replay(year=year, month=month, **call))
