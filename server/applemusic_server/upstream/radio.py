"""Asks Apple about radio stations and what they play."""

from collections.abc import Iterable, Sequence
from typing import Final

from applemusic_server.domain.errors import NotFoundError, Reason, UnavailableError
from applemusic_server.domain.gateways import CatalogScope, Listener
from applemusic_server.domain.radio import Continuation
from applemusic_server.domain.resources import (
    Genre,
    Page,
    Resource,
    ResourceRef,
    ResourceType,
    Song,
    Station,
)
from applemusic_server.upstream.api_client import (
    ApiClient,
    Missing,
    Question,
    Refused,
    UserToken,
)
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.json_reader import JsonReader
from applemusic_server.upstream.lists import AppleList, ListReader
from applemusic_server.upstream.parse.resource import parse_data, parse_resource

MOST_NEXT_TRACKS: Final = 10
_UNKNOWN_RESOURCE: Final = "40400"
_SEED_SONGS: Final = 10
_SEGMENTS: Final = {ResourceType.SONG: "songs", ResourceType.ARTIST: "artists"}
_MISSING: Final = frozenset({400, 404})
_INTERNAL: Final = 500


class AppleRadio:
    """Stations; implements `RadioGateway`.

    Args:
        api: Asks Apple.
        lists: Reads pages.
    """

    def __init__(self, api: ApiClient, lists: ListReader) -> None:
        self._api = api
        self._lists = lists

    async def live(self, scope: CatalogScope) -> tuple[Station, ...]:
        """Return Apple's own live stations."""
        return await self._filtered(
            Endpoint.STATIONS_LIVE, {"filter[featured]": "apple-music-live-radio"}, scope, None
        )

    async def personal(self, scope: CatalogScope, listener: Listener) -> tuple[Station, ...]:
        """Return the listener's own stations, under their present ids."""
        return await self._filtered(
            Endpoint.STATIONS_PERSONAL, {"filter[identity]": "personal"}, scope, _user(listener)
        )

    async def of_genre(
        self, genre_id: str, scope: CatalogScope, *, limit: int, offset: int
    ) -> Page[Station]:
        """Return a page of a genre's stations; RESOURCE_NOT_FOUND when there is no such genre."""

        def missing(answer: Missing) -> None:
            if answer.code in {_UNKNOWN_RESOURCE, ""}:
                raise _not_found(ResourceRef(ResourceType.GENRE, genre_id), scope.storefront)

        which = AppleList(
            Endpoint.STATIONS_OF_GENRE,
            f"/v1/catalog/{scope.storefront}/station-genres/{genre_id}/stations",
            most=100,
            params=_language(scope),
            missing=missing,
        )
        return await self._lists.read(which, (Station,), limit=limit, offset=offset)

    async def recent(
        self, scope: CatalogScope, listener: Listener, *, limit: int, offset: int
    ) -> Page[Station]:
        """Return a page of the stations that were played last."""
        which = AppleList(
            Endpoint.STATIONS_RECENT,
            "/v1/me/recent/radio-stations",
            most=10,
            params=_language(scope),
            user=_user(listener),
        )
        return await self._lists.read(which, (Station,), limit=limit, offset=offset)

    async def genres(self, scope: CatalogScope, *, limit: int, offset: int) -> Page[Genre]:
        """Return a page of the station genres."""
        which = AppleList(
            Endpoint.STATION_GENRES,
            f"/v1/catalog/{scope.storefront}/station-genres",
            most=100,
            params=_language(scope),
        )
        return await self._lists.read(which, (Genre,), limit=limit, offset=offset)

    async def of_seed(
        self, seed: ResourceRef, scope: CatalogScope, listener: Listener
    ) -> Station | None:
        """Return the station of a catalog song or artist; None when Apple has none."""
        answer = await self._api.get(
            Question(
                Endpoint.STATIONS_SEEDED,
                f"/v1/catalog/{scope.storefront}/{_SEGMENTS[seed.type]}/{seed.id}/station",
                _language(scope),
                _user(listener),
            )
        )
        if not isinstance(answer, Missing):
            return _first_station(parse_data(answer))
        if answer.code == _UNKNOWN_RESOURCE:
            raise _not_found(seed, scope.storefront)
        return None

    async def library_playlist_songs(self, playlist_id: str, listener: Listener) -> Sequence[str]:
        """Return catalog ids of the first songs of a library playlist that have one."""

        def missing(answer: Missing) -> None:
            if answer.code in {_UNKNOWN_RESOURCE, ""}:
                raise _not_found(ResourceRef(ResourceType.PLAYLIST, playlist_id), "")

        which = AppleList(
            Endpoint.ME_LIBRARY_PLAYLIST_SEEDS,
            f"/v1/me/library/playlists/{playlist_id}/tracks",
            most=100,
            params={"include": "catalog"},
            user=_user(listener),
            missing=missing,
        )
        page = await self._lists.read(which, (Song,), limit=_SEED_SONGS, offset=0)
        return [song.catalog_id for song in page.items if song.catalog_id]

    async def next_tracks(
        self, station_id: str, scope: CatalogScope, listener: Listener, *, limit: int
    ) -> tuple[Song, ...] | None:
        """Return what a station plays next; None when Apple cannot play it.

        A 500 is tried again like any other; what is left of it is permanent more often than not:
        stations of library ids and songs without a station (reference: observed).
        """
        question = Question(
            Endpoint.STATIONS_NEXT_TRACKS,
            f"/v1/me/stations/next-tracks/{station_id}",
            {
                "limit": str(min(limit, MOST_NEXT_TRACKS)),
                "include[songs]": "artists,albums",
                **_language(scope),
            },
            _user(listener),
            method="POST",
            told_statuses=_MISSING,
        )
        try:
            answer = await self._api.send(question)
        except UnavailableError as error:
            if error.metadata.get("status") != str(_INTERNAL):
                raise
            return None
        if isinstance(answer, Refused):
            return None
        return _songs(answer) if answer is not None else ()

    async def continued(
        self, song_id: str, scope: CatalogScope, listener: Listener
    ) -> Continuation | None:
        """Return what Apple plays after a catalog song; None when it knows nothing."""
        question = Question(
            Endpoint.STATIONS_CONTINUOUS,
            "/v1/me/stations/continuous",
            {
                "with": "tracks",
                "limit[results:tracks]": str(MOST_NEXT_TRACKS),
                "include[songs]": "artists,albums",
                **_language(scope),
            },
            _user(listener),
            method="POST",
            body={"data": [{"id": song_id, "type": "songs"}]},
            told_statuses=_MISSING | {_INTERNAL},
        )
        answer = await self._api.send(question)
        if answer is None or isinstance(answer, Refused):
            return None
        results = answer.child("results")  # Absent where it answers `errors` with a 200.
        station = results.child("station") if results else None
        found = parse_resource(station) if station else None
        if results is None or not isinstance(found, Station):
            return None
        return Continuation(found, _continued_songs(results))

    async def _filtered(
        self,
        endpoint: Endpoint,
        params: dict[str, str],
        scope: CatalogScope,
        user: UserToken | None,
    ) -> tuple[Station, ...]:
        answer = await self._api.get(
            Question(
                endpoint,
                f"/v1/catalog/{scope.storefront}/stations",
                {**params, **_language(scope)},
                user,
            )
        )
        if isinstance(answer, Missing):
            return ()
        return tuple(each for each in parse_data(answer) if isinstance(each, Station))


def _songs(answer: JsonReader) -> tuple[Song, ...]:
    if not answer.has("data"):
        return ()
    return tuple(each for each in parse_data(answer) if isinstance(each, Song))


def _continued_songs(results: JsonReader) -> tuple[Song, ...]:
    """Read `tracks`, which is a list by one account and a collection by another."""
    found = (parse_resource(each) for each in results.collection("tracks"))
    return tuple(each for each in found if isinstance(each, Song))


def _first_station(resources: Iterable[Resource]) -> Station | None:
    return next((each for each in resources if isinstance(each, Station)), None)


def _language(scope: CatalogScope) -> dict[str, str]:
    return {"l": scope.language} if scope.language else {}


def _user(listener: Listener) -> UserToken:
    return UserToken(listener.account_id, listener.music_user_token)


def _not_found(what: ResourceRef, storefront: str) -> NotFoundError:
    place = f" in storefront {storefront!r}" if storefront else " in the library"
    return NotFoundError(
        Reason.RESOURCE_NOT_FOUND,
        f"there is no {what.type.name.lower()} {what.id!r}{place}",
        metadata={"resourceType": what.type.name, "id": what.id},
    )
