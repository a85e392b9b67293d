"""The catalog as it was answered before, for those who read it interactively.

Keys hold everything that an answer depends on: storefront, language, view and, only where Apple
tells favorites and library ids, the account. What depends on an account is shared among those who
ask at the same time and not kept: after a favorite was set, the next read has to show it.
"""

from collections.abc import Hashable, Sequence
from typing import TypeVar, cast

from applemusic_server.domain.catalog_answers import Charts, Matches, Relation, Suggestions
from applemusic_server.domain.catalog_gateways import BrowseGateway, LookupGateway
from applemusic_server.domain.gateways import (
    ArtistAlbumKind,
    CatalogGateway,
    CatalogScope,
    Storefront,
)
from applemusic_server.domain.resources import (
    Album,
    Artist,
    Found,
    Genre,
    MusicVideo,
    Page,
    Resource,
    ResourceRef,
    ResourceType,
    SearchResults,
    Song,
    Track,
)
from applemusic_server.upstream.answer_cache import AnswerCache

R = TypeVar("R", bound=Resource)


class CachedCatalog:
    """Remembers a `CatalogGateway`; implements one.

    Args:
        inner: Asks Apple.
        cache: May be shared.
    """

    def __init__(self, inner: CatalogGateway, cache: AnswerCache) -> None:
        self._inner = inner
        self._cache = cache

    async def fetch(self, kind: type[R], ids: Sequence[str], scope: CatalogScope) -> Found[R]:
        """Return resources by id; only those that are not remembered are asked for."""
        view = _view(scope)
        wanted = {(kind, each, view): each for each in ids}

        async def ask(keys: Sequence[Hashable]) -> dict[Hashable, R]:
            # Keys are those of `wanted`, of this call or of none.
            open_ids = [cast("tuple[type[R], str, Hashable]", key)[1] for key in keys]
            found = await self._inner.fetch(kind, open_ids, scope)
            return {(kind, each.id, view): each for each in found.items}

        found = await self._cache.get_many(list(wanted), ask, keep=_keep(scope))
        return Found(
            items=tuple(each for key in wanted if (each := found[key]) is not None),
            missing_ids=tuple(each for key, each in wanted.items() if found[key] is None),
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
        """Find resources by words."""
        key = ("search", term, tuple(types), limit, offset, top_results, _view(scope))
        answer = await self._cache.get(
            key,
            lambda: self._inner.search(
                term, types, scope, limit=limit, offset=offset, top_results=top_results
            ),
            keep=_keep(scope),
        )
        return cast("SearchResults", answer)

    async def album_tracks(
        self, album_id: str, scope: CatalogScope, *, limit: int, offset: int
    ) -> Page[Track]:
        """Return a page of an album's tracks."""
        key = ("album_tracks", album_id, limit, offset, _view(scope))
        answer = await self._cache.get(
            key,
            lambda: self._inner.album_tracks(album_id, scope, limit=limit, offset=offset),
            keep=_keep(scope),
        )
        return cast("Page[Track]", answer)

    async def playlist_tracks(
        self, playlist_id: str, scope: CatalogScope, *, limit: int, offset: int
    ) -> Page[Track]:
        """Return a page of a playlist's tracks."""
        key = ("playlist_tracks", playlist_id, limit, offset, _view(scope))
        answer = await self._cache.get(
            key,
            lambda: self._inner.playlist_tracks(playlist_id, scope, limit=limit, offset=offset),
            keep=_keep(scope),
        )
        return cast("Page[Track]", answer)

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
        key = ("artist_albums", artist_id, kind, limit, offset, _view(scope))
        answer = await self._cache.get(
            key,
            lambda: self._inner.artist_albums(artist_id, kind, scope, limit=limit, offset=offset),
            keep=_keep(scope),
        )
        return cast("Page[Album]", answer)

    async def artist_top_songs(
        self, artist_id: str, scope: CatalogScope, *, limit: int, offset: int
    ) -> Page[Song]:
        """Return a page of an artist's top songs."""
        key = ("artist_top_songs", artist_id, limit, offset, _view(scope))
        answer = await self._cache.get(
            key,
            lambda: self._inner.artist_top_songs(artist_id, scope, limit=limit, offset=offset),
            keep=_keep(scope),
        )
        return cast("Page[Song]", answer)

    async def similar_artists(
        self, artist_id: str, scope: CatalogScope, *, limit: int, offset: int
    ) -> Page[Artist]:
        """Return a page of similar artists."""
        key = ("similar_artists", artist_id, limit, offset, _view(scope))
        answer = await self._cache.get(
            key,
            lambda: self._inner.similar_artists(artist_id, scope, limit=limit, offset=offset),
            keep=_keep(scope),
        )
        return cast("Page[Artist]", answer)


class CachedBrowsing:
    """Remembers a `BrowseGateway`; implements one.

    Args:
        inner: Asks Apple.
        cache: May be shared.
    """

    def __init__(self, inner: BrowseGateway, cache: AnswerCache) -> None:
        self._inner = inner
        self._cache = cache

    async def related(
        self,
        parent: ResourceRef,
        relation: Relation,
        scope: CatalogScope,
        *,
        limit: int,
        offset: int,
    ) -> Page[Resource]:
        """Return a page of what stands in a relation."""
        key = ("related", parent.type, parent.id, relation, limit, offset, _view(scope))
        answer = await self._cache.get(
            key,
            lambda: self._inner.related(parent, relation, scope, limit=limit, offset=offset),
            keep=_keep(scope),
        )
        return cast("Page[Resource]", answer)

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
        """Return charts."""
        key = ("charts", tuple(types), genre_id, limit, offset, city_and_global, _view(scope))
        answer = await self._cache.get(
            key,
            lambda: self._inner.charts(
                types,
                genre_id,
                scope,
                limit=limit,
                offset=offset,
                city_and_global=city_and_global,
            ),
            keep=_keep(scope),
        )
        return cast("Charts", answer)

    async def genres(self, scope: CatalogScope) -> tuple[Genre, ...]:
        """Return all genres of a storefront."""
        key = ("genres", _view(scope))
        answer = await self._cache.get(key, lambda: self._inner.genres(scope), keep=_keep(scope))
        return cast("tuple[Genre, ...]", answer)

    async def storefronts(self, language: str) -> tuple[Storefront, ...]:
        """Return all storefronts."""
        answer = await self._cache.get(
            ("storefronts", language), lambda: self._inner.storefronts(language)
        )
        return cast("tuple[Storefront, ...]", answer)

    async def suggestions(
        self, term: str, types: Sequence[ResourceType], scope: CatalogScope, *, limit: int
    ) -> Suggestions:
        """Return completions."""
        key = ("suggestions", term, tuple(types), limit, _view(scope))
        answer = await self._cache.get(
            key,
            lambda: self._inner.suggestions(term, types, scope, limit=limit),
            keep=_keep(scope),
        )
        return cast("Suggestions", answer)


class CachedLookup:
    """Remembers a `LookupGateway`; implements one.

    Args:
        inner: Asks Apple.
        cache: May be shared.
    """

    def __init__(self, inner: LookupGateway, cache: AnswerCache) -> None:
        self._inner = inner
        self._cache = cache

    async def songs_by_isrc(self, codes: Sequence[str], scope: CatalogScope) -> Matches[Song]:
        """Return the songs of each code."""
        answer = await self._cache.get(
            ("songs_by_isrc", tuple(codes), _view(scope)),
            lambda: self._inner.songs_by_isrc(codes, scope),
            keep=_keep(scope),
        )
        return cast("Matches[Song]", answer)

    async def music_videos_by_isrc(
        self, codes: Sequence[str], scope: CatalogScope
    ) -> Matches[MusicVideo]:
        """Return the music videos of each code."""
        answer = await self._cache.get(
            ("music_videos_by_isrc", tuple(codes), _view(scope)),
            lambda: self._inner.music_videos_by_isrc(codes, scope),
            keep=_keep(scope),
        )
        return cast("Matches[MusicVideo]", answer)

    async def albums_by_upc(self, codes: Sequence[str], scope: CatalogScope) -> Matches[Album]:
        """Return the albums of each code."""
        answer = await self._cache.get(
            ("albums_by_upc", tuple(codes), _view(scope)),
            lambda: self._inner.albums_by_upc(codes, scope),
            keep=_keep(scope),
        )
        return cast("Matches[Album]", answer)

    async def equivalents(
        self,
        kind: type[Song] | type[Album] | type[MusicVideo],
        ids: Sequence[str],
        scope: CatalogScope,
    ) -> Matches[Resource]:
        """Return the counterparts of each id."""
        answer = await self._cache.get(
            ("equivalents", kind, tuple(ids), _view(scope)),
            lambda: self._inner.equivalents(kind, ids, scope),
            keep=_keep(scope),
        )
        return cast("Matches[Resource]", answer)


def _view(scope: CatalogScope) -> Hashable:
    """Return what an answer depends on besides the question."""
    account = scope.listener.account_id if scope.full and scope.listener else ""
    return (scope.storefront, scope.language, scope.full, account)


def _keep(scope: CatalogScope) -> bool:
    return not (scope.full and scope.listener)
