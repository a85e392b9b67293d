"""Fakes of the catalog's further use cases: they note what they were asked."""

from collections.abc import Sequence
from typing import Any

from applemusic_server.application.lookup import IsrcMatches
from applemusic_server.domain.catalog_answers import Charts, Matches, Relation, Suggestions
from applemusic_server.domain.gateways import Storefront
from applemusic_server.domain.lyrics import Lyrics, LyricsTiming
from applemusic_server.domain.resources import (
    Album,
    Genre,
    Page,
    ReadOptions,
    Resource,
    ResourceRef,
    ResourceType,
    Song,
)


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
