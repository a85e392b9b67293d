"""Looks around in Apple's catalog: relations, charts, genres, storefronts, suggestions."""

from collections.abc import Sequence
from dataclasses import dataclass

from yarl import URL

from applemusic_server.domain.catalog_answers import Charts, Relation, Suggestions
from applemusic_server.domain.errors import FailedPreconditionError, NotFoundError, invalid_field
from applemusic_server.domain.gateways import CatalogScope, Storefront
from applemusic_server.domain.resources import (
    Album,
    Artist,
    Genre,
    MusicVideo,
    Page,
    Playlist,
    Resource,
    ResourceRef,
    ResourceType,
    Station,
)
from applemusic_server.upstream.api_client import ApiClient, Missing, Question
from applemusic_server.upstream.catalog_reader import CatalogList, CatalogReader, item_params
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.failures import invalid_answer
from applemusic_server.upstream.json_reader import JsonReader
from applemusic_server.upstream.kinds import CLASSES, KINDS, SEARCH_TYPES
from applemusic_server.upstream.parse.chart import parse_charts
from applemusic_server.upstream.parse.resource import parse_data
from applemusic_server.upstream.parse.storefront import parse_storefronts
from applemusic_server.upstream.parse.suggestion import parse_suggestions

_MOST_CHARTED = 200
_MOST_SUGGESTED = 10
# Genres and storefronts fit on a page or two; a `next` that goes round would be followed for ever.
_MOST_PAGES = 20
_SONGS = {"include[songs]": "artists,albums"}
_ALBUMS = {"include[albums]": "artists"}


@dataclass(frozen=True, slots=True)
class _Way:
    """How a relation is asked for; see `CatalogList`."""

    path: str
    most: int
    items: tuple[type[Resource], ...]


# Apple's sizes (reference: Apple docs): views 100, most relationships 10.
_WAYS: dict[tuple[Relation, ResourceType], _Way] = {
    (Relation.ALBUM_VERSIONS, ResourceType.ALBUM): _Way("view/other-versions", 100, (Album,)),
    (Relation.RELATED_ALBUMS, ResourceType.ALBUM): _Way("view/related-albums", 100, (Album,)),
    (Relation.RELATED_MUSIC_VIDEOS, ResourceType.ALBUM): _Way(
        "view/related-videos", 100, (MusicVideo,)
    ),
    (Relation.APPEARS_ON, ResourceType.ALBUM): _Way("view/appears-on", 100, (Playlist,)),
    (Relation.MUSIC_VIDEOS, ResourceType.ARTIST): _Way("music-videos", 100, (MusicVideo,)),
    (Relation.MUSIC_VIDEOS, ResourceType.SONG): _Way("music-videos", 10, (MusicVideo,)),
    (Relation.FEATURED_PLAYLISTS, ResourceType.ARTIST): _Way(
        "view/featured-playlists", 100, (Playlist,)
    ),
    (Relation.FEATURED_ARTISTS, ResourceType.PLAYLIST): _Way(
        "view/featured-artists", 100, (Artist,)
    ),
    (Relation.MORE_BY_CURATOR, ResourceType.PLAYLIST): _Way(
        "view/more-by-curator", 100, (Playlist,)
    ),
    (Relation.CURATOR_PLAYLISTS, ResourceType.CURATOR): _Way("playlists", 10, (Playlist,)),
    (Relation.LATEST_RELEASES, ResourceType.RECORD_LABEL): _Way(
        "view/latest-releases", 100, (Album,)
    ),
    (Relation.TOP_RELEASES, ResourceType.RECORD_LABEL): _Way("view/top-releases", 100, (Album,)),
    (Relation.MORE_BY_ARTIST, ResourceType.MUSIC_VIDEO): _Way(
        "view/more-by-artist", 100, (MusicVideo,)
    ),
    (Relation.MORE_IN_GENRE, ResourceType.MUSIC_VIDEO): _Way(
        "view/more-in-genre", 100, (MusicVideo,)
    ),
    (Relation.STATION, ResourceType.SONG): _Way("station", 1, (Station,)),
    (Relation.STATION, ResourceType.ARTIST): _Way("station", 1, (Station,)),
}


class AppleBrowsing:
    """Looks around in Apple's catalog; implements `BrowseGateway`.

    Args:
        reader: Asks for catalog resources.
        api: Asks for what belongs to no storefront.
    """

    def __init__(self, reader: CatalogReader, api: ApiClient) -> None:
        self._reader = reader
        self._api = api

    async def related(
        self,
        parent: ResourceRef,
        relation: Relation,
        scope: CatalogScope,
        *,
        limit: int,
        offset: int,
    ) -> Page[Resource]:
        """Return a page of what stands in a relation; RESOURCE_NOT_FOUND without the parent."""
        way = _WAYS.get((relation, parent.type))
        if way is None:
            raise invalid_field("relation", f"a {parent.type.name} has no {relation.name}")
        kind = CLASSES[parent.type]
        last = len(KINDS[kind].places) - 1
        for place in range(last + 1):
            which = CatalogList(
                Endpoint.CATALOG_RELATED,
                kind,
                parent.id,
                way.path,
                way.most,
                way.items,
                _ALBUMS if Album in way.items else {},
                place,
            )
            try:
                return await self._reader.page(which, scope, limit, offset)
            except NotFoundError:
                # A curator who is not one of Apple's own lives in the other place.
                if place == last:
                    raise
        raise AssertionError(parent.type)

    async def charts(
        self,
        types: Sequence[ResourceType],
        genre_id: str,
        scope: CatalogScope,
        *,
        limit: int,
        offset: int,
        city_and_global: bool,
    ) -> Charts:
        """Return the charts of some types and, if wanted, those of cities and of the world."""
        names = [KINDS[CLASSES[each]].places[0][0] for each in types]
        params = {
            # Apple wants at least one; what nobody asked for is left out below.
            "types": ",".join(names) or "playlists",
            "chart": "most-played",
            "limit": str(min(limit, _MOST_CHARTED)),
            **({"genre": genre_id} if genre_id else {}),
            **({"offset": str(offset)} if offset else {}),
            **({"with": "cityCharts,dailyGlobalTopCharts"} if city_and_global else {}),
            **(_SONGS if ResourceType.SONG in types else {}),
            **(_ALBUMS if ResourceType.ALBUM in types else {}),
            **item_params((CLASSES[each] for each in types), scope),
        }
        try:
            answer = await self._reader.ask(Endpoint.CATALOG_CHARTS, "charts", params, scope)
        except FailedPreconditionError as error:
            if error.metadata.get("parameter") != "genre":
                raise
            raise invalid_field(
                "genre_id", f"is no genre of storefront {scope.storefront!r}; ListGenres has them"
            ) from error
        if isinstance(answer, Missing):
            return Charts()
        return parse_charts(answer, with_types=bool(types))

    async def genres(self, scope: CatalogScope) -> tuple[Genre, ...]:
        """Return all genres of a storefront as Apple orders them."""
        found: list[Genre] = []
        params: dict[str, str] = {}
        for _ in range(_MOST_PAGES):
            answer = await self._reader.ask(Endpoint.CATALOG_GENRES, "genres", params, scope)
            if isinstance(answer, Missing):
                break
            found.extend(each for each in parse_data(answer) if isinstance(each, Genre))
            offset = _next_offset(answer)
            if not offset:
                break
            params = {"offset": offset}
        return tuple(dict.fromkeys(found))

    async def storefronts(self, language: str) -> tuple[Storefront, ...]:
        """Return all storefronts, by id."""
        found: dict[str, Storefront] = {}
        params = {"l": language} if language else {}
        for _ in range(_MOST_PAGES):
            question = Question(Endpoint.STOREFRONTS, "/v1/storefronts", params)
            answer = await self._api.get(question)
            if isinstance(answer, Missing):
                break
            found.update((each.id, each) for each in parse_storefronts(answer))
            offset = _next_offset(answer)
            if not offset:
                break
            params = {**params, "offset": offset}
        return tuple(found[key] for key in sorted(found))

    async def suggestions(
        self, term: str, types: Sequence[ResourceType], scope: CatalogScope, *, limit: int
    ) -> Suggestions:
        """Return at most `limit` (at most 10) completions, and the best matches of some types."""
        names = dict.fromkeys(name for each in types for name in SEARCH_TYPES[each])
        params = {
            "term": term,
            "kinds": "terms,topResults" if names else "terms",
            "limit": str(min(limit, _MOST_SUGGESTED)),
            **({"types": ",".join(names), **_SONGS, **_ALBUMS} if names else {}),
            **item_params((CLASSES[each] for each in types), scope),
        }
        answer = await self._reader.ask(
            Endpoint.CATALOG_SUGGESTIONS, "search/suggestions", params, scope
        )
        return Suggestions() if isinstance(answer, Missing) else parse_suggestions(answer)


def _next_offset(answer: JsonReader) -> str:
    address = answer.text("next")
    if not address:
        return ""
    try:
        offset = URL(address).query.get("offset", "")
    except ValueError:
        offset = ""
    if not offset.isdecimal():
        raise invalid_answer(answer.endpoint, "next names no offset", "next")
    return offset
