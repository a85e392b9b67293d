"""What the servicers of the catalog's further RPCs ask of the application."""

from collections.abc import Sequence
from typing import Protocol

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
)


class Browse(Protocol):
    """The use cases of looking around; see `application.browse`."""

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
        """Return a page of what stands in a relation to a resource."""
        ...

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
        """Return charts, `limit` items of each."""
        ...

    async def genres(
        self, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Genre]:
        """Return a page of a storefront's genres."""
        ...

    async def storefronts(self, language: str, *, limit: int, offset: int) -> Page[Storefront]:
        """Return a page of Apple's storefronts."""
        ...

    async def suggestions(
        self,
        term: str,
        types: Sequence[ResourceType],
        account: str,
        options: ReadOptions,
        *,
        limit: int,
    ) -> Suggestions:
        """Complete what was typed."""
        ...


class Lookup(Protocol):
    """The use cases of finding by code and address; see `application.lookup`."""

    async def isrc(self, isrcs: Sequence[str], account: str, options: ReadOptions) -> IsrcMatches:
        """Find recordings by code."""
        ...

    async def upc(self, upcs: Sequence[str], account: str, options: ReadOptions) -> Matches[Album]:
        """Find albums by code."""
        ...

    async def equivalents(
        self, kind: ResourceType, ids: Sequence[str], account: str, options: ReadOptions
    ) -> Matches[Resource]:
        """Find counterparts in another storefront."""
        ...

    async def resolve_url(self, url: str, account: str, options: ReadOptions) -> Resource:
        """Return what an address shows."""
        ...


class LyricsReader(Protocol):
    """The use case of reading lyrics; see `application.lyrics`."""

    async def read(
        self, account: str, song_id: str, timing: LyricsTiming, translation_language: str
    ) -> Lyrics:
        """Return the lyrics of a song."""
        ...
