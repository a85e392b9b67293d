"""Fakes of the catalog's use cases: they note what they were asked."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from applemusic_server.application.lookup import IsrcMatches
from applemusic_server.domain.catalog_answers import Charts, Matches, Relation, Suggestions
from applemusic_server.domain.gateways import ArtistAlbumKind, Storefront
from applemusic_server.domain.lyrics import Lyrics, LyricsTiming
from applemusic_server.domain.resources import (
    Album,
    Artist,
    Found,
    Genre,
    Page,
    ReadOptions,
    Resource,
    ResourceRef,
    ResourceType,
    SearchResults,
    Song,
    Track,
)

if TYPE_CHECKING:
    import asyncio


class FakeCatalog:
    """A catalog of numbered songs; notes what it was asked, raises what it was told to."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.failure: BaseException | None = None
        self.release: asyncio.Event | None = None
        self.results = SearchResults()
        self.resource: Any = None

    async def _note(self, name: str, **what: Any) -> None:
        self.calls.append((name, what))
        if self.release is not None:
            await self.release.wait()
        if self.failure is not None:
            raise self.failure

    async def get(self, kind: type[Any], resource_id: str, account: str, options: Any) -> Any:
        await self._note("get", kind=kind, id=resource_id, account=account, options=options)
        return self.resource or kind(id=resource_id, name=f"{kind.__name__} {resource_id}")

    async def batch_get(
        self, kind: type[Any], ids: Sequence[str], account: str, options: ReadOptions
    ) -> Found[Any]:
        await self._note("batch_get", kind=kind, ids=ids, account=account, options=options)
        found = tuple(kind(id=each, name=each) for each in ids if each != "404")
        return Found(found, tuple(each for each in ids if each == "404"))

    async def search(
        self,
        term: str,
        types: Sequence[ResourceType],
        account: str,
        options: ReadOptions,
        *,
        limit: int,
        offset: int,
        top_results: bool,
    ) -> SearchResults:
        del account, options
        await self._note(
            "search", term=term, types=types, limit=limit, offset=offset, top_results=top_results
        )
        return self.results

    async def _songs(self, name: str, id_: str, limit: int, offset: int) -> tuple[Song, ...]:
        await self._note(name, id=id_, limit=limit, offset=offset)
        return tuple(Song(id=str(n), name=f"Song {n}") for n in range(offset, offset + limit))

    async def album_tracks(
        self, album_id: str, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Track]:
        del account, options
        songs = await self._songs("album_tracks", album_id, limit, offset)
        return Page(songs, next_offset=offset + limit if offset < 400 else None)

    async def playlist_tracks(
        self, playlist_id: str, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Track]:
        del account, options
        return Page(await self._songs("playlist_tracks", playlist_id, limit, offset))

    async def artist_albums(
        self,
        artist_id: str,
        kind: ArtistAlbumKind,
        account: str,
        options: ReadOptions,
        *,
        limit: int,
        offset: int,
    ) -> Page[Album]:
        del account, options
        await self._note("artist_albums", id=artist_id, kind=kind, limit=limit, offset=offset)
        return Page((Album(id="1", name="Album"),))

    async def artist_top_songs(
        self, artist_id: str, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Song]:
        del account, options
        return Page(await self._songs("artist_top_songs", artist_id, limit, offset))

    async def similar_artists(
        self, artist_id: str, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Artist]:
        del account, options
        await self._note("similar_artists", id=artist_id, limit=limit, offset=offset)
        return Page((Artist(id="2", name="Other"),))


class FakeBrowse:
    """Answers what a test put there."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.page: Page[Any] = Page()
        self.chart_page = Charts()
        self.found = Suggestions()

    async def related(
        self,
        parent: ResourceRef,
        relation: Relation,
        account: str,
        options: ReadOptions,
        *,
        limit: int,
        offset: int,
    ) -> Page[Resource]:
        del options
        self.calls.append(
            (
                "related",
                {
                    "parent": parent,
                    "relation": relation,
                    "account": account,
                    "limit": limit,
                    "offset": offset,
                },
            )
        )
        return self.page

    async def charts(
        self,
        types: Sequence[ResourceType],
        genre_id: str,
        account: str,
        options: ReadOptions,
        *,
        limit: int,
        offset: int,
        city_and_global: bool,
    ) -> Charts:
        del account, options
        what = {"types": tuple(types), "genre_id": genre_id, "limit": limit, "offset": offset}
        self.calls.append(("charts", {**what, "city_and_global": city_and_global}))
        return self.chart_page

    async def genres(
        self, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Genre]:
        del account, options
        self.calls.append(("genres", {"limit": limit, "offset": offset}))
        return self.page

    async def storefronts(self, language: str, *, limit: int, offset: int) -> Page[Storefront]:
        what = {"language": language, "limit": limit, "offset": offset}
        self.calls.append(("storefronts", what))
        return self.page

    async def suggestions(
        self,
        term: str,
        types: Sequence[ResourceType],
        account: str,
        options: ReadOptions,
        *,
        limit: int,
    ) -> Suggestions:
        del account, options
        self.calls.append(("suggestions", {"term": term, "types": tuple(types), "limit": limit}))
        return self.found


class FakeLookup:
    """Answers what a test put there; lyrics too."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self.isrcs = IsrcMatches((), ())
        self.matches: Matches[Any] = Matches()
        self.resource: Resource = Song("1", "One")
        self.lyrics = Lyrics("en", LyricsTiming.NONE, ())

    async def isrc(self, isrcs: Sequence[str], account: str, options: ReadOptions) -> IsrcMatches:
        del account, options
        self.calls.append(("isrc", tuple(isrcs)))
        return self.isrcs

    async def upc(self, upcs: Sequence[str], account: str, options: ReadOptions) -> Matches[Album]:
        del account, options
        self.calls.append(("upc", tuple(upcs)))
        return self.matches

    async def equivalents(
        self, kind: ResourceType, ids: Sequence[str], account: str, options: ReadOptions
    ) -> Matches[Resource]:
        del account
        self.calls.append(("equivalents", (kind, tuple(ids), options.storefront)))
        return self.matches

    async def resolve_url(self, url: str, account: str, options: ReadOptions) -> Resource:
        del account, options
        self.calls.append(("resolve_url", (url,)))
        return self.resource

    async def read(
        self, account: str, song_id: str, timing: LyricsTiming, translation_language: str
    ) -> Lyrics:
        self.calls.append(("lyrics", (account, song_id, timing, translation_language)))
        return self.lyrics
