"""Radio: which stations there are, and the songs that they play next."""

from collections.abc import Sequence
from typing import Final

from applemusic_server.application.limits import check_id, check_offset, page_limit
from applemusic_server.application.listening import Listening
from applemusic_server.application.radio_session import (
    RadioSession,
    decode_session,
    encode_session,
)
from applemusic_server.application.station_names import with_names
from applemusic_server.application.station_seeds import StationSeeds, without_tracks
from applemusic_server.domain.errors import (
    NotFoundError,
    Reason,
    UnavailableError,
    invalid_field,
)
from applemusic_server.domain.gateways import CatalogGateway, CatalogScope, Listener
from applemusic_server.domain.radio import NextTracks, RadioGateway, StationList
from applemusic_server.domain.recommendations import RecommendationGateway
from applemusic_server.domain.resources import (
    Availability,
    Genre,
    Page,
    ReadOptions,
    ResourceRef,
    Song,
    Station,
    StationKind,
)

_MOST_NEXT: Final = 10
_MOST_CALLS: Final = 4
# So many repeats in a row mean that a station has nothing new; fewer are chance.
_ENOUGH_TO_JUDGE: Final = 3
_PERSONAL: Final = "ra.u-"
_STATION: Final = "ra."
_MOST_GROUPS: Final = 30
_MOST_OF_GROUP: Final = 50


class Radio:
    """The use cases of radio.

    Args:
        listening: Opens calls for listeners.
        gateway: Asks Apple.
        catalog: Reads the catalog.
        recommendations: Where the stations are that Apple puts forward.
        seeds: Finds the station of a seed.
    """

    def __init__(
        self,
        listening: Listening,
        gateway: RadioGateway,
        catalog: CatalogGateway,
        recommendations: RecommendationGateway,
        seeds: StationSeeds,
    ) -> None:
        self._listening = listening
        self._gateway = gateway
        self._catalog = catalog
        self._recommendations = recommendations
        self._seeds = seeds

    async def stations(
        self,
        which: StationList,
        genre_id: str,
        account: str,
        options: ReadOptions,
        *,
        limit: int,
        offset: int,
    ) -> Page[Station]:
        """Return a page of stations of one kind; those without a name are left out.

        Args:
            which: Which stations.
            genre_id: Station genre for GENRE, empty for all others.
            account: For whom.
            options: How to read.
            limit: Most stations; 0 is 25, at most 100.
            offset: Where the page begins.

        Raises:
            InvalidArgumentError: INVALID_FIELD.
            NotFoundError: RESOURCE_NOT_FOUND, no such genre.
            AppleMusicError: An ACCOUNT, token or UPSTREAM reason.
        """
        if (which is StationList.GENRE) != bool(genre_id):
            wrong = "belongs to the list GENRE only" if genre_id else "the list GENRE needs one"
            raise invalid_field("genre_id", wrong)
        if genre_id:
            check_id(genre_id, "genre_id")
        most, begin = page_limit(limit, default=25, most=100), check_offset(offset)
        async with self._listening.scope(account, options) as (scope, listener):
            page: Page[Station] | None = None
            if which is StationList.GENRE:
                page = await self._gateway.of_genre(genre_id, scope, limit=most, offset=begin)
            elif which is StationList.RECENT:
                page = await self._gateway.recent(scope, listener, limit=most, offset=begin)
            if page is not None:
                return Page(await with_names(page.items, self._catalog, scope), page.next_offset)
            stations = await self._whole(which, scope, listener)
            return _part(await with_names(stations, self._catalog, scope), most, begin)

    async def genres(
        self, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Genre]:
        """Return a page of station genres; `limit` 0 is 100, at most 500."""
        most, begin = page_limit(limit, default=100, most=500), check_offset(offset)
        async with self._listening.scope(account, options) as (scope, _):
            return await self._gateway.genres(scope, limit=most, offset=begin)

    async def seeded_station(
        self, seed: ResourceRef, account: str, options: ReadOptions
    ) -> Station:
        """Return the station that Apple makes from a song, artist, album or playlist.

        Raises:
            InvalidArgumentError: INVALID_FIELD, nothing of this kind seeds a station.
            NotFoundError: RESOURCE_NOT_FOUND, there is no such seed.
            FailedPreconditionError: STATION_WITHOUT_TRACKS, Apple has none.
            AppleMusicError: An ACCOUNT, token or UPSTREAM reason.
        """
        check_id(seed.id, "seed.id")
        async with self._listening.scope(account, options) as (scope, listener):
            return await self._seeds.station(seed, scope, listener)

    async def next_tracks(
        self, station_id: str, session_token: str, account: str, options: ReadOptions, *, limit: int
    ) -> NextTracks:
        """Return a station's next songs; those given before in the session only for want of others.

        Songs that cannot be played are left out.

        Args:
            station_id: A station.
            session_token: From the call before; empty begins.
            account: For whom.
            options: How to read.
            limit: Most songs; 0 is 10, which is the most.

        Raises:
            InvalidArgumentError: INVALID_FIELD.
            NotFoundError: RESOURCE_NOT_FOUND, there is no such station.
            FailedPreconditionError: STATION_WITHOUT_TRACKS, it is live, or Apple has no songs.
            AppleMusicError: An ACCOUNT, token or UPSTREAM reason.
        """
        check_id(station_id, "station_id")
        if not station_id.startswith(_STATION):
            raise invalid_field("station_id", "a station's id begins with 'ra.'")
        most = page_limit(limit, default=_MOST_NEXT, most=_MOST_NEXT)
        async with self._listening.scope(account, options) as (scope, listener):
            session = decode_session(session_token, listener.account_id, station_id)
            session = await self._without_library_id(session, listener)
            session, songs = await self._next(session, scope, listener, most)
            session = session.with_given([song.id for song in songs])
            token = encode_session(session, listener.account_id, station_id)
        return NextTracks(songs, token)

    async def _next(
        self, session: RadioSession, scope: CatalogScope, listener: Listener, most: int
    ) -> tuple[RadioSession, tuple[Song, ...]]:
        fresh: dict[str, Song] = {}
        repeats: dict[str, Song] = {}
        for _ in range(_MOST_CALLS):
            wanted = most - len(fresh)
            found = await self._gateway.next_tracks(
                session.station_id, scope, listener, limit=wanted
            )
            # The old id of a personal station may be answered with nothing, too.
            is_gone = not found and session.station_id.startswith(_PERSONAL)
            if found is None or is_gone:
                session, found = await self._elsewhere(
                    session, scope, listener, has_songs=bool(fresh)
                )
            before = len(fresh)
            for song in found:
                if song.availability is not Availability.WITHDRAWN:
                    known = repeats if session.has_given(song.id) else fresh
                    known.setdefault(song.id, song)
            is_exhausted = len(fresh) == before and wanted >= _ENOUGH_TO_JUDGE
            if len(fresh) >= most or not found or is_exhausted:
                break
        if not fresh and not repeats:
            await self._require_tracks(session.station_id, scope)
        # A station that has only repeats left goes on with them rather than falling silent.
        return session, tuple((fresh or repeats).values())[:most]

    async def _elsewhere(
        self, session: RadioSession, scope: CatalogScope, listener: Listener, *, has_songs: bool
    ) -> tuple[RadioSession, tuple[Song, ...]]:
        """Go on where Apple does not play a station: its new id, or what follows the last song."""
        if session.station_id.startswith(_PERSONAL):
            for station in await self._gateway.personal(scope, listener):
                if station.id == session.station_id:
                    continue
                moved = session.at(station.id)
                found = await self._gateway.next_tracks(
                    station.id, scope, listener, limit=_MOST_NEXT
                )
                if found is not None:
                    return moved, found
        seed = session.last_song_id or _seed_of(session.station_id)
        continued = await self._gateway.continued(seed, scope, listener) if seed else None
        if continued is not None:
            return session.at(continued.station.id), continued.songs
        if has_songs:
            return session, ()
        await self._require_tracks(session.station_id, scope)
        raise UnavailableError(
            Reason.UPSTREAM_UNAVAILABLE,
            "Apple does not say just now what the station plays next; try again later",
            metadata={"endpoint": "stations.next_tracks", "status": "500"},
        )

    async def _require_tracks(self, station_id: str, scope: CatalogScope) -> None:
        """Return if a station is one that plays songs.

        Raises:
            NotFoundError: RESOURCE_NOT_FOUND.
            FailedPreconditionError: STATION_WITHOUT_TRACKS.
        """
        found = await self._catalog.fetch(Station, [station_id], scope)
        if found.items and found.items[0].kind is StationKind.TRACKS:
            return
        if found.items or _seed_of(station_id):
            raise without_tracks(station_id)
        raise NotFoundError(
            Reason.RESOURCE_NOT_FOUND,
            f"there is no station {station_id!r} in storefront {scope.storefront!r}",
            metadata={"resourceType": "STATION", "id": station_id},
        )

    async def _without_library_id(self, session: RadioSession, listener: Listener) -> RadioSession:
        """Seed with the catalog's song: Apple answers 500 to a library id (reference: observed)."""
        seed = session.station_id.removeprefix(_STATION)
        if not seed.startswith("i."):
            return session
        return session.at(f"{_STATION}{await self._seeds.catalog_song_id(seed, listener)}")

    async def _whole(
        self, which: StationList, scope: CatalogScope, listener: Listener
    ) -> tuple[Station, ...]:
        if which is StationList.LIVE:
            return await self._gateway.live(scope)
        if which is StationList.PERSONAL:
            return await self._gateway.personal(scope, listener)
        return await self._featured(scope, listener)

    async def _featured(self, scope: CatalogScope, listener: Listener) -> tuple[Station, ...]:
        """Return the stations among the recommendations, each once, as Apple orders them."""
        groups = await self._recommendations.groups(scope, listener, limit=_MOST_GROUPS, offset=0)
        found: dict[str, Station] = {}
        for group in groups.items:
            stations = [each for each in group.items if isinstance(each, Station)]
            if stations and group.next_offset is not None:
                rest = await self._recommendations.items(
                    group.id, scope, listener, limit=_MOST_OF_GROUP, offset=group.next_offset
                )
                stations += [each for each in rest.items if isinstance(each, Station)]
            for station in stations:
                found.setdefault(station.id, station)
        return tuple(found.values())


def _part(stations: Sequence[Station], limit: int, offset: int) -> Page[Station]:
    end = offset + limit
    return Page(tuple(stations[offset:end]), end if end < len(stations) else None, len(stations))


def _seed_of(station_id: str) -> str:
    """Return the song that a station may be named after: `ra.<catalog id>`; empty for none."""
    seed = station_id.removeprefix(_STATION)
    return seed if seed.isascii() and seed.isdigit() else ""
