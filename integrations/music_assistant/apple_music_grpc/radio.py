"""Radio: songs of a station without end, and songs like another."""

from collections import OrderedDict
from typing import Final

from music_assistant_models import media_items as ma

from applemusic.models.reference import ResourceRef, ResourceType
from applemusic.models.song import Song

from .errors import translated
from .items import Items
from .session import Session

_PER_CALL: Final = 10
_CALLS: Final = 3
_REMEMBERED: Final = 64


class RadioPart:
    """Songs chosen by Apple, for the host."""

    def __init__(self, session: Session, items: Items) -> None:
        self._session = session
        self._items = items
        self._sessions: OrderedDict[str, str] = OrderedDict()  # station -> where it goes on

    @translated
    async def tracks(self, station_id: str, *, sample: bool = False) -> list[ma.Track]:
        """Return the songs that a station plays next; each call goes on after the one before.

        Args:
            station_id: The station.
            sample: Only show what it plays: what is played goes on as if nobody had looked.
        """
        if sample:
            answer = await self._session.client.radio.next_tracks(station_id, limit=_PER_CALL)
            return [self._items.track(each) for each in answer.songs]
        return [self._items.track(each) for each in await self._next(station_id, _PER_CALL)]

    @translated
    async def similar_tracks(self, track_id: str, limit: int) -> list[ma.Track]:
        """Return songs like one, from the station that Apple makes of it."""
        seed = ResourceRef(ResourceType.SONG, track_id)
        if limit < 1:
            return []
        station = await self._session.client.radio.seeded_station(seed)
        found: dict[str, Song] = {}
        for _ in range(_CALLS):
            songs = await self._next(station.id, min(_PER_CALL, limit))
            new = {song.id: song for song in songs if track_id not in {song.id, song.catalog_id}}
            if not new.keys() - found.keys():
                break
            found.update(new)
            if len(found) >= limit:
                break
        return [self._items.track(each) for each in list(found.values())[:limit]]

    async def _next(self, station_id: str, limit: int) -> tuple[Song, ...]:
        answer = await self._session.client.radio.next_tracks(
            station_id, session_token=self._sessions.pop(station_id, ""), limit=limit
        )
        self._sessions[station_id] = answer.session_token
        while len(self._sessions) > _REMEMBERED:
            self._sessions.popitem(last=False)
        return answer.songs
