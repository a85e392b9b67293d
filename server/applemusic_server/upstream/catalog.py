"""Reads Apple's catalog."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

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
from applemusic_server.upstream.api_client import ApiClient, Missing
from applemusic_server.upstream.catalog_reader import CatalogList, CatalogReader, item_params
from applemusic_server.upstream.concurrency import all_of
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.kinds import CLASSES, KINDS, SEARCH_TYPES
from applemusic_server.upstream.parse.search import parse_search

R = TypeVar("R", bound=Resource)

_MOST_SEARCHED = 25  # 26 is refused (reference: observed).

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


class AppleCatalog:
    """Reads Apple's catalog; implements `CatalogGateway`.

    Args:
        api: Asks Apple.
        sleep: Waits before a missing page is asked for again, in seconds.
    """

    def __init__(
        self, api: ApiClient, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._reader = CatalogReader(api, sleep=sleep)

    async def fetch(self, kind: type[R], ids: Sequence[str], scope: CatalogScope) -> Found[R]:
        """Return resources by id, in the order asked for; repeats come once."""
        spec = KINDS[kind]
        wanted = tuple(dict.fromkeys(ids))
        found: dict[str, R] = {}
        for place in spec.places:
            open_ids = [each for each in wanted if each not in found]
            batches = await all_of(
                self._reader.batch(spec, place, batch, scope)
                for batch in split(open_ids, spec.batch)
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
            **item_params((CLASSES[each] for each in types), scope),
        }
        answer = await self._reader.ask(Endpoint.CATALOG_SEARCH, "search", params, scope)
        return SearchResults() if isinstance(answer, Missing) else parse_search(answer)

    async def album_tracks(
        self, album_id: str, scope: CatalogScope, *, limit: int, offset: int
    ) -> Page[Track]:
        """Return a page of an album's tracks."""
        which = CatalogList(
            Endpoint.CATALOG_ALBUM_TRACKS,
            Album,
            album_id,
            "tracks",
            300,
            (Song, MusicVideo),
            {"include": "artists"},
        )
        return _tracks(await self._reader.page(which, scope, limit, offset))

    async def playlist_tracks(
        self, playlist_id: str, scope: CatalogScope, *, limit: int, offset: int
    ) -> Page[Track]:
        """Return a page of a playlist's tracks, at most 100."""
        which = CatalogList(
            Endpoint.CATALOG_PLAYLIST_TRACKS,
            Playlist,
            playlist_id,
            "tracks",
            100,
            (Song, MusicVideo),
            {"include[songs]": "artists,albums"},
        )
        return _tracks(await self._reader.page(which, scope, limit, offset))

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
        which = CatalogList(
            Endpoint.CATALOG_ARTIST_ALBUMS,
            Artist,
            artist_id,
            _ALBUM_PATHS[kind],
            100,
            (Album,),
            {"include[albums]": "artists"},
        )
        return _page_of(Album, await self._reader.page(which, scope, limit, offset))

    async def artist_top_songs(
        self, artist_id: str, scope: CatalogScope, *, limit: int, offset: int
    ) -> Page[Song]:
        """Return a page of an artist's top songs."""
        which = CatalogList(
            Endpoint.CATALOG_ARTIST_TOP_SONGS,
            Artist,
            artist_id,
            "view/top-songs",
            100,
            (Song,),
            {"include[songs]": "artists,albums"},
        )
        return _page_of(Song, await self._reader.page(which, scope, limit, offset))

    async def similar_artists(
        self, artist_id: str, scope: CatalogScope, *, limit: int, offset: int
    ) -> Page[Artist]:
        """Return a page of similar artists."""
        which = CatalogList(
            Endpoint.CATALOG_SIMILAR_ARTISTS,
            Artist,
            artist_id,
            "view/similar-artists",
            100,
            (Artist,),
            {},
        )
        return _page_of(Artist, await self._reader.page(which, scope, limit, offset))


def split(ids: Sequence[str], size: int) -> list[Sequence[str]]:
    """Return ids in pieces of at most `size`."""
    return [ids[start : start + size] for start in range(0, len(ids), size)]


def _only(kind: type[R], resources: Iterable[Resource]) -> tuple[R, ...]:
    return tuple(each for each in resources if isinstance(each, kind))


def _page_of(kind: type[R], page: Page[Resource]) -> Page[R]:
    return Page(_only(kind, page.items), page.next_offset, page.total_count)


def _tracks(page: Page[Resource]) -> Page[Track]:
    items = tuple(each for each in page.items if isinstance(each, Song | MusicVideo))
    return Page(items, page.next_offset, page.total_count)
