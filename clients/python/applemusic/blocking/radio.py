"""Radio stations and what they play next.

Made of applemusic/radio.py by `make gen`: do not edit.
"""

from typing import Unpack

from applemusic import radio as behind
from applemusic.blocking.loop_thread import LoopThread
from applemusic.blocking.pager import Pager
from applemusic.calls import Paged, Read
from applemusic.models.genre import Genre
from applemusic.models.station import NextTracks, Station, StationList
from applemusic.references import Referable


class Radio:
    """Stations. Every method needs an account."""

    def __init__(self, thread: LoopThread, behind: behind.Radio) -> None:
        self._thread = thread
        self._radio = behind

    def stations(
        self, which: StationList, *, genre_id: str = "", **call: Unpack[Paged]
    ) -> Pager[Station]:
        """List stations of one kind.

        Args:
            which: Which stations.
            genre_id: Station genre, for `StationList.GENRE` alone.
            **call: Account, options, page and timeout.
        """
        return Pager(
            self._thread,
            self._thread.call(lambda: self._radio.stations(which, genre_id=genre_id, **call)),
        )

    def genres(self, **call: Unpack[Paged]) -> Pager[Genre]:
        """List the genres under which Apple groups stations."""
        return Pager(self._thread, self._thread.call(lambda: self._radio.genres(**call)))

    def seeded_station(self, seed: Referable, **call: Unpack[Read]) -> Station:
        """Return the station that Apple makes from a song, artist, album or playlist.

        Raises:
            StationWithoutTracksError: Apple has none.
        """
        return self._thread.run(self._radio.seeded_station(seed, **call))

    def next_tracks(
        self, station_id: str, *, session_token: str = "", limit: int = 0, **call: Unpack[Read]
    ) -> NextTracks:
        """Return the songs that a station plays next.

        Args:
            station_id: The station.
            session_token: `NextTracks.session_token` of the call before; empty begins anew.
            limit: Most songs to return; 0 means 10, which is the most.
            **call: Account, options and timeout.

        Raises:
            StationWithoutTracksError: It is live.
        """
        return self._thread.run(
            self._radio.next_tracks(station_id, session_token=session_token, limit=limit, **call)
        )
