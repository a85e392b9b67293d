"""The parts of the catalog that are asked for as a whole: charts, genres, codes, URLs, lyrics."""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Unpack

from applemusic.calls import Call, Calls, Paged, Read
from applemusic.convert import from_enum, to_model, to_models, to_union
from applemusic.errors.reasons import UnsupportedUrlError
from applemusic.models.chart import Chart
from applemusic.models.genre import Genre
from applemusic.models.lyrics import Lyrics, LyricsTiming
from applemusic.models.reference import ResourceType
from applemusic.models.relation import EquivalentMatch, IsrcMatch, UpcMatch
from applemusic.models.resource import Resource
from applemusic.models.storefront import Storefront
from applemusic.paging import Batcher, Pager
from applemusic.v1 import catalog_service_pb2 as pb


class CatalogLookup:
    """Charts, genres, storefronts, lookups and lyrics of the catalog."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def charts(
        self,
        *,
        types: Sequence[ResourceType] = (),
        genre_id: str = "",
        include_city_and_global: bool = False,
        **call: Unpack[Paged],
    ) -> AsyncIterator[tuple[Chart, ...]]:
        """Yield page after page of charts, each chart with its part of the page.

        Args:
            types: Of songs, albums, playlists and music videos those to chart; empty for all four.
            genre_id: Genre to chart; empty for all.
            include_city_and_global: Also city charts and the daily global top 100 playlists.
            **call: Account, options, page and timeout.
        """
        request = pb.ListChartsRequest(
            types=[from_enum(kind) for kind in types],
            genre_id=genre_id,
            include_city_and_global=include_city_and_global,
            **self._calls.read_fields(call),
        )
        method = self._calls.stubs.catalog.ListCharts
        pager = self._calls.pager(method, request, lambda page: to_models(Chart, page.charts), call)
        async for page in pager.pages():
            yield page.items

    def genres(self, **call: Unpack[Paged]) -> Pager[Genre]:
        """List the genres of a storefront, the root first."""
        request = pb.ListGenresRequest(**self._calls.read_fields(call))
        method = self._calls.stubs.catalog.ListGenres
        return self._calls.pager(method, request, lambda page: to_models(Genre, page.genres), call)

    def storefronts(self, *, language: str = "", **call: Unpack[Paged]) -> Pager[Storefront]:
        """List Apple's storefronts by id, with names in the given language."""
        request = pb.ListStorefrontsRequest(
            language=language,
            page_size=call.get("page_size", 0),
            page_token=call.get("page_token", ""),
        )
        method = self._calls.stubs.catalog.ListStorefronts
        return self._calls.pager(
            method, request, lambda page: to_models(Storefront, page.storefronts), call
        )

    def lookup_isrc(self, isrcs: Iterable[str], **call: Unpack[Read]) -> Batcher[IsrcMatch]:
        """Find songs and music videos by International Standard Recording Code."""

        async def ask(part: list[str]) -> tuple[tuple[IsrcMatch, ...], Iterable[str]]:
            request = pb.LookupIsrcRequest(isrcs=part, **self._calls.read_fields(call))
            response = await self._calls.unary(self._calls.stubs.catalog.LookupIsrc, request, call)
            return to_models(IsrcMatch, response.matches), response.missing_isrcs

        return self._calls.batch(isrcs, 250, ask)

    def lookup_upc(self, upcs: Iterable[str], **call: Unpack[Read]) -> Batcher[UpcMatch]:
        """Find albums by Universal Product Code; leading zeros do not matter."""

        async def ask(part: list[str]) -> tuple[tuple[UpcMatch, ...], Iterable[str]]:
            request = pb.LookupUpcRequest(upcs=part, **self._calls.read_fields(call))
            response = await self._calls.unary(self._calls.stubs.catalog.LookupUpc, request, call)
            return to_models(UpcMatch, response.matches), response.missing_upcs

        return self._calls.batch(upcs, 250, ask)

    def lookup_equivalents(
        self, kind: ResourceType, ids: Iterable[str], **call: Unpack[Read]
    ) -> Batcher[EquivalentMatch]:
        """Find the counterparts of catalog resources in the storefront of `options`.

        Args:
            kind: SONG, ALBUM or MUSIC_VIDEO.
            ids: Catalog ids of any storefront.
            **call: Account, options and timeout.
        """

        async def ask(part: list[str]) -> tuple[tuple[EquivalentMatch, ...], Iterable[str]]:
            fields = self._calls.read_fields(call)
            request = pb.LookupEquivalentsRequest(type=from_enum(kind), ids=part, **fields)
            method = self._calls.stubs.catalog.LookupEquivalents
            response = await self._calls.unary(method, request, call)
            return to_models(EquivalentMatch, response.matches), response.missing_ids

        return self._calls.batch(ids, 300, ask)

    async def resolve_url(self, url: str, **call: Unpack[Read]) -> Resource:
        """Return what a music.apple.com URL shows.

        Raises:
            UnsupportedUrlError: The URL is not one of Apple Music's, or shows nothing known here.
            ResourceNotFoundError: What it names is not there.
        """
        request = pb.ResolveUrlRequest(url=url, **self._calls.read_fields(call))
        response = await self._calls.unary(self._calls.stubs.catalog.ResolveUrl, request, call)
        return require(to_union(Resource, [response.resource]))

    async def lyrics(
        self,
        song_id: str,
        *,
        timing: LyricsTiming = LyricsTiming.UNKNOWN,
        translation_language: str = "",
        **call: Unpack[Call],
    ) -> Lyrics:
        """Return the lyrics of a song.

        Args:
            song_id: Catalog id.
            timing: Finest timing wanted; UNKNOWN for the finest there is.
            translation_language: BCP-47 tag of a translation to include; empty for none.
            **call: Account and timeout.

        Raises:
            LyricsNotFoundError: The song has none of that kind.
            CapabilityRefusedError: Apple does not give lyrics to this developer token.
        """
        request = pb.GetLyricsRequest(
            song_id=song_id,
            timing=from_enum(timing),
            translation_language=translation_language,
            **self._calls.fields(call),
        )
        response = await self._calls.unary(self._calls.stubs.catalog.GetLyrics, request, call)
        return to_model(Lyrics, response.lyrics)


def require(resources: tuple[Resource, ...]) -> Resource:
    """Return the one resource of a response.

    Raises:
        UnsupportedUrlError: It is of a kind that this version does not know.
    """
    if not resources:
        raise UnsupportedUrlError("the URL shows something that this client is too old for")
    return resources[0]
