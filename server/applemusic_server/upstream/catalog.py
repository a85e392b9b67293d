"""Reads Apple's catalog."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from applemusic_server.domain.errors import NotFoundError, Reason, UnavailableError
from applemusic_server.domain.gateways import ArtistAlbumKind, CatalogScope
from applemusic_server.domain.resources import (
    Album,
    Artist,
    Found,
    MusicVideo,
    Page,
    Playlist,
    Resource,
    ResourceType,
    SearchResults,
    Song,
    Track,
)
from applemusic_server.upstream.api_client import ApiClient, Missing, Question, UserToken
from applemusic_server.upstream.concurrency import all_of
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.json_reader import JsonReader
from applemusic_server.upstream.kinds import KINDS, SEARCH_TYPES, CatalogKind
from applemusic_server.upstream.parse.resource import parse_data, parse_page
from applemusic_server.upstream.parse.search import parse_search

R = TypeVar("R", bound=Resource)

_MOST_SEARCHED = 25  # 26 is refused (reference: observed).
_UNKNOWN_RESOURCE = "40400"
_TRUNCATED_TRIES = 3
_TRUNCATED_WAIT = 0.5

_ALBUM_PATHS = {
    ArtistAlbumKind.ALL: "albums",
    ArtistAlbumKind.FULL_ALBUMS: "view/full-albums",
    ArtistAlbumKind.SINGLES: "view/singles",
    ArtistAlbumKind.LIVE_ALBUMS: "view/live-albums",
    ArtistAlbumKind.COMPILATIONS: "view/compilation-albums",
    ArtistAlbumKind.APPEARS_ON: "view/appears-on-albums",
    ArtistAlbumKind.FEATURED: "view/featured-albums",
    ArtistAlbumKind.LATEST_RELEASE: "view/latest-release",
}


@dataclass(frozen=True, slots=True)
class _List:
    """A list that hangs on a resource.

    Attributes:
        most: Items per request; beyond it Apple refuses or, with relationships, times out.
    """

    endpoint: Endpoint
    parent: type[Album] | type[Artist] | type[Playlist]
    parent_id: str
    path: str
    most: int
    include: dict[str, str]


class AppleCatalog:
    """Reads Apple's catalog; implements `CatalogGateway`.

    Args:
        api: Asks Apple.
        sleep: Waits before a missing page is asked for again, in seconds.
    """

    def __init__(
        self, api: ApiClient, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._api = api
        self._sleep = sleep

    async def fetch(self, kind: type[R], ids: Sequence[str], scope: CatalogScope) -> Found[R]:
        """Return resources by id, in the order asked for; repeats come once."""
        spec = KINDS[kind]
        wanted = tuple(dict.fromkeys(ids))
        found: dict[str, R] = {}
        for segment, endpoint in spec.places:
            open_ids = [each for each in wanted if each not in found]
            batches = await all_of(
                self._batch(spec, segment, endpoint, batch, scope)
                for batch in _split(open_ids, spec.batch)
            )
            found.update((each.id, each) for batch in batches for each in _only(kind, batch))
        return Found(
            items=tuple(found[each] for each in wanted if each in found),
            missing_ids=tuple(each for each in wanted if each not in found),
        )

    async def search(
        self,
        term: str,
        types: Sequence[ResourceType],
        scope: CatalogScope,
        *,
        limit: int,
        offset: int,
        top_results: bool,
    ) -> SearchResults:
        """Find resources by words, `limit` (at most 25) per type."""
        names = dict.fromkeys(name for each in types for name in SEARCH_TYPES[each])
        params = {
            "term": term,
            "types": ",".join(names),
            "limit": str(min(limit, _MOST_SEARCHED)),
            "include[songs]": "artists,albums",
            "include[albums]": "artists",
            **({"offset": str(offset)} if offset else {}),
            **({"with": "topResults"} if top_results else {}),
        }
        answer = await self._ask(Endpoint.CATALOG_SEARCH, "search", params, scope)
        return SearchResults() if isinstance(answer, Missing) else parse_search(answer)

    async def album_tracks(
        self, album_id: str, scope: CatalogScope, *, limit: int, offset: int
    ) -> Page[Track]:
        """Return a page of an album's tracks."""
        which = _List(
            Endpoint.CATALOG_ALBUM_TRACKS,
            Album,
            album_id,
            f"albums/{album_id}/tracks",
            300,
            {"include": "artists"},
        )
        return _tracks(await self._page(which, scope, limit, offset))

    async def playlist_tracks(
        self, playlist_id: str, scope: CatalogScope, *, limit: int, offset: int
    ) -> Page[Track]:
        """Return a page of a playlist's tracks, at most 100."""
        which = _List(
            Endpoint.CATALOG_PLAYLIST_TRACKS,
            Playlist,
            playlist_id,
            f"playlists/{playlist_id}/tracks",
            100,
            {"include[songs]": "artists,albums"},
        )
        return _tracks(await self._page(which, scope, limit, offset))

    async def artist_albums(
        self,
        artist_id: str,
        kind: ArtistAlbumKind,
        scope: CatalogScope,
        *,
        limit: int,
        offset: int,
    ) -> Page[Album]:
        """Return a page of an artist's albums."""
        which = _List(
            Endpoint.CATALOG_ARTIST_ALBUMS,
            Artist,
            artist_id,
            f"artists/{artist_id}/{_ALBUM_PATHS[kind]}",
            100,
            {"include[albums]": "artists"},
        )
        return _page_of(Album, await self._page(which, scope, limit, offset))

    async def artist_top_songs(
        self, artist_id: str, scope: CatalogScope, *, limit: int, offset: int
    ) -> Page[Song]:
        """Return a page of an artist's top songs."""
        which = _List(
            Endpoint.CATALOG_ARTIST_TOP_SONGS,
            Artist,
            artist_id,
            f"artists/{artist_id}/view/top-songs",
            100,
            {"include[songs]": "artists,albums"},
        )
        return _page_of(Song, await self._page(which, scope, limit, offset))

    async def similar_artists(
        self, artist_id: str, scope: CatalogScope, *, limit: int, offset: int
    ) -> Page[Artist]:
        """Return a page of similar artists."""
        which = _List(
            Endpoint.CATALOG_SIMILAR_ARTISTS,
            Artist,
            artist_id,
            f"artists/{artist_id}/view/similar-artists",
            100,
            {},
        )
        return _page_of(Artist, await self._page(which, scope, limit, offset))

    async def _batch(
        self,
        spec: CatalogKind,
        segment: str,
        endpoint: Endpoint,
        ids: Sequence[str],
        scope: CatalogScope,
    ) -> tuple[Resource, ...]:
        params = {"ids": ",".join(ids), **spec.inline}
        if spec.include:
            params["include"] = spec.include
        extend = [spec.extend] if scope.full and spec.extend else []
        if scope.full and scope.listener and spec.personal:
            extend.append("inFavorites")
            params["relate"] = "library"
        if extend:
            params["extend"] = ",".join(extend)
        answer = await self._ask(endpoint, segment, params, scope)
        # One unknown id can be a 404; several are a shorter list (reference: Apple docs).
        return () if isinstance(answer, Missing) else tuple(parse_data(answer))

    async def _page(
        self, which: _List, scope: CatalogScope, limit: int, offset: int
    ) -> Page[Resource]:
        params = {
            "limit": str(min(limit, which.most)),
            **which.include,
            **({"offset": str(offset)} if offset else {}),
        }
        for tries in range(1, _TRUNCATED_TRIES + 1):
            answer = await self._ask(which.endpoint, which.path, params, scope)
            if isinstance(answer, JsonReader):
                return parse_page(answer, offset)
            if offset == 0:
                return await self._empty_page(which, answer, scope)
            if tries < _TRUNCATED_TRIES:
                await self._sleep(_TRUNCATED_WAIT * tries)
        # The page before promised this one, so its absence is not the end of the list.
        raise UnavailableError(
            Reason.UPSTREAM_LIST_TRUNCATED,
            "Apple promised a further page and does not have it; the list is not complete",
            metadata={"endpoint": which.endpoint},
        )

    async def _empty_page(
        self, which: _List, answer: Missing, scope: CatalogScope
    ) -> Page[Resource]:
        """Tell an empty list from an unknown parent: Apple answers 404 to both."""
        parent = KINDS[which.parent].type
        if answer.code != _UNKNOWN_RESOURCE:
            place, endpoint = KINDS[which.parent].places[0]
            spec = KINDS[which.parent]
            if await self._batch(spec, place, endpoint, [which.parent_id], scope):
                return Page()
        raise NotFoundError(
            Reason.RESOURCE_NOT_FOUND,
            f"there is no {parent.name.lower()} {which.parent_id!r} in storefront "
            f"{scope.storefront!r}",
            metadata={"resourceType": parent.name, "id": which.parent_id},
        )

    async def _ask(
        self, endpoint: Endpoint, path: str, params: dict[str, str], scope: CatalogScope
    ) -> JsonReader | Missing:
        # A token that is not needed is not sent: a dead one must not spoil what anybody may read.
        listener = scope.listener if scope.full else None
        return await self._api.get(
            Question(
                endpoint,
                f"/v1/catalog/{scope.storefront}/{path}",
                {**params, **({"l": scope.language} if scope.language else {})},
                user=UserToken(listener.account_id, listener.music_user_token)
                if listener
                else None,
            )
        )


def _split(ids: Sequence[str], size: int) -> list[Sequence[str]]:
    return [ids[start : start + size] for start in range(0, len(ids), size)]


def _only(kind: type[R], resources: Iterable[Resource]) -> tuple[R, ...]:
    return tuple(each for each in resources if isinstance(each, kind))


def _page_of(kind: type[R], page: Page[Resource]) -> Page[R]:
    return Page(_only(kind, page.items), page.next_offset, page.total_count)


def _tracks(page: Page[Resource]) -> Page[Track]:
    items = tuple(each for each in page.items if isinstance(each, Song | MusicVideo))
    return Page(items, page.next_offset, page.total_count)
