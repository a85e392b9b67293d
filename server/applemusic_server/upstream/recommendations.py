"""Asks Apple what it recommends, and what was played."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from applemusic_server.domain.errors import NotFoundError, Reason
from applemusic_server.domain.gateways import CatalogScope, Listener
from applemusic_server.domain.recommendations import Recommendation, Replay, ReplayItem
from applemusic_server.domain.resources import (
    Album,
    MusicVideo,
    Page,
    Playlist,
    Resource,
    Song,
    Station,
    Track,
)
from applemusic_server.upstream.api_client import ApiClient, Missing, Question, UserToken
from applemusic_server.upstream.concurrency import all_of
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.json_reader import JsonReader
from applemusic_server.upstream.lists import AppleList, ListReader
from applemusic_server.upstream.parse.recommendation import (
    parse_contents,
    parse_recommendations,
    parse_replay,
    parse_replay_view,
    replay_view,
)
from applemusic_server.upstream.parse.references import read_identity
from applemusic_server.upstream.parse.resource import read_next_offset

_MOST_GROUPS: Final = 30
_MOST_ITEMS: Final = 10
_MOST_TRACKS: Final = 30
_MOST_PLAYED: Final = 100
_CONTAINERS: Final = (Album, Playlist, Station)
_TRACKS: Final = (Song, MusicVideo)
_ANYTHING: Final = (Album, Playlist, Station, Song, MusicVideo)
_UNKNOWN_RESOURCE: Final = "40400"
_VIEWS: Final = ("top-songs", "top-albums", "top-artists")
# Only asked for in a full view; what Apple does not know in a list it passes over.
_FULL: Final[Mapping[str, str]] = MappingProxyType(
    {
        "extend[songs]": "audioVariants,editorialNotes,inFavorites",
        "extend[albums]": "audioVariants,editorialNotes,inFavorites",
        "extend[playlists]": "editorialNotes,inFavorites",
        "extend[stations]": "editorialNotes",
    }
)


class AppleRecommendations:
    """Recommendations and history; implements `RecommendationGateway`.

    Args:
        api: Asks Apple.
        lists: Reads pages.
    """

    def __init__(self, api: ApiClient, lists: ListReader) -> None:
        self._api = api
        self._lists = lists

    async def groups(
        self, scope: CatalogScope, listener: Listener, *, limit: int, offset: int
    ) -> Page[Recommendation]:
        """Return a page of groups, with nameless stations among their items."""
        which = AppleList(
            Endpoint.ME_RECOMMENDATIONS,
            "/v1/me/recommendations",
            most=_MOST_GROUPS,
            params={"include[personal-recommendation]": "contents", **_reading(scope)},
            user=_user(listener),
        )
        return await self._lists.read_parsed(
            which, parse_recommendations, limit=limit, offset=offset
        )

    async def items(
        self,
        recommendation_id: str,
        scope: CatalogScope,
        listener: Listener,
        *,
        limit: int,
        offset: int,
    ) -> Page[Resource]:
        """Return a page of a group's items; RESOURCE_NOT_FOUND when there is no such group."""

        def missing(answer: Missing) -> None:
            if answer.code in {_UNKNOWN_RESOURCE, ""}:
                raise NotFoundError(
                    Reason.RESOURCE_NOT_FOUND,
                    f"there is no recommendation {recommendation_id!r} any more; list them anew",
                    metadata={"resourceType": "RECOMMENDATION", "id": recommendation_id},
                )

        which = AppleList(
            Endpoint.ME_RECOMMENDATION_ITEMS,
            f"/v1/me/recommendations/{recommendation_id}/contents",
            most=_MOST_ITEMS,
            params=_reading(scope),
            user=_user(listener),
            missing=missing,
        )
        return await self._lists.read_parsed(which, parse_contents, limit=limit, offset=offset)

    async def recently_played(
        self, scope: CatalogScope, listener: Listener, *, limit: int, offset: int
    ) -> Page[Resource]:
        """Return a page of the albums, playlists and stations that were played last."""
        which = AppleList(
            Endpoint.ME_RECENTLY_PLAYED,
            "/v1/me/recent/played",
            most=_MOST_ITEMS,
            params=_reading(scope),
            user=_user(listener),
        )
        return await self._lists.read(which, _CONTAINERS, limit=limit, offset=offset)

    async def recently_played_tracks(
        self, scope: CatalogScope, listener: Listener, *, limit: int, offset: int
    ) -> Page[Track]:
        """Return a page of the songs and music videos that were played last."""
        which = AppleList(
            Endpoint.ME_RECENTLY_PLAYED_TRACKS,
            "/v1/me/recent/played/tracks",
            most=_MOST_TRACKS,
            params=_reading(scope),
            user=_user(listener),
        )
        return await self._lists.read(which, _TRACKS, limit=limit, offset=offset)

    async def heavy_rotation(
        self, scope: CatalogScope, listener: Listener, *, limit: int, offset: int
    ) -> Page[Resource]:
        """Return a page of what was played most lately."""
        which = AppleList(
            Endpoint.ME_HEAVY_ROTATION,
            "/v1/me/history/heavy-rotation",
            most=_MOST_ITEMS,
            params=_reading(scope),
            user=_user(listener),
        )
        return await self._lists.read(which, _ANYTHING, limit=limit, offset=offset)

    async def replay(
        self, year: int, month: int, scope: CatalogScope, listener: Listener
    ) -> Replay:
        """Return the summary of a year (0 for the latest) or, unless 0, of a month of it."""
        path, which = "/v1/me/music-summaries", {"filter[year]": "latest"}
        if year:
            period = f"month-{year}-{month}" if month else f"year-{year:04d}"
            path, which = f"{path}/{period}", {}
        params = {
            **which,
            "views": ",".join(_VIEWS),
            "include": "artist,album,song",
            "include[music-summaries]": "playlist",
            **_reading(scope),
        }
        answer = await self._api.get(Question(Endpoint.ME_REPLAY, path, params, _user(listener)))
        summary = None if isinstance(answer, Missing) else next(answer.children("data"), None)
        if summary is None:
            raise _no_summary(year, month)
        found = parse_replay(summary, year, month)
        songs, albums, artists = await all_of(
            self._rest(summary, view, scope, listener) for view in _VIEWS
        )
        return replace(
            found,
            top_songs=found.top_songs + songs,
            top_albums=found.top_albums + albums,
            top_artists=found.top_artists + artists,
        )

    async def _rest(
        self, summary: JsonReader, view: str, scope: CatalogScope, listener: Listener
    ) -> tuple[ReplayItem, ...]:
        """Return what a view holds beyond the few items that come with the summary."""
        inline = replay_view(summary, view)
        begin = read_next_offset(inline, 0) if inline else None
        period = read_identity(summary)[1]
        if begin is None or not period.replace("-", "").isalnum():
            return ()
        question = Question(
            Endpoint.ME_REPLAY,
            f"/v1/me/music-summaries/{period}/view/{view}",
            {
                "limit": str(_MOST_PLAYED - begin),
                "offset": str(begin),
                "include": "artist,album,song",
                **_reading(scope),
            },
            _user(listener),
            optional=frozenset({"l", "limit", "include", "extend"}),
        )
        answer = await self._api.get(question) if begin < _MOST_PLAYED else Missing()
        return () if isinstance(answer, Missing) else parse_replay_view(answer, view)


def _reading(scope: CatalogScope) -> dict[str, str]:
    return {
        **({"l": scope.language} if scope.language else {}),
        **(_FULL if scope.full else {}),
    }


def _user(listener: Listener) -> UserToken:
    return UserToken(listener.account_id, listener.music_user_token)


def _no_summary(year: int, month: int) -> NotFoundError:
    period = f"{year}-{month:02d}" if month else str(year or "latest")
    return NotFoundError(
        Reason.RESOURCE_NOT_FOUND,
        f"Apple has no summary of {period!r} for this account",
        metadata={"resourceType": "REPLAY", "id": period},
    )
