"""The ports to the parts of Apple's catalog that are not read by id; see `domain.gateways`."""

from collections.abc import Sequence
from typing import Protocol

from applemusic_server.domain.catalog_answers import Charts, Matches, Relation, Suggestions
from applemusic_server.domain.gateways import CatalogScope, Listener, Storefront
from applemusic_server.domain.lyrics import Lyrics
from applemusic_server.domain.resources import (
    Album,
    Genre,
    MusicVideo,
    Page,
    Resource,
    ResourceRef,
    ResourceType,
    Song,
)


class BrowseGateway(Protocol):
    """Looks around in Apple's catalog. May raise the DEVELOPER_TOKEN and UPSTREAM reasons."""

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
        ...

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
        ...

    async def genres(self, scope: CatalogScope) -> tuple[Genre, ...]:
        """Return all genres of a storefront as Apple orders them."""
        ...

    async def storefronts(self, language: str) -> tuple[Storefront, ...]:
        """Return all storefronts, by id."""
        ...

    async def suggestions(
        self, term: str, types: Sequence[ResourceType], scope: CatalogScope, *, limit: int
    ) -> Suggestions:
        """Return at most `limit` (at most 10) completions, and the best matches of some types."""
        ...


class LookupGateway(Protocol):
    """Finds resources by codes. May raise the DEVELOPER_TOKEN and UPSTREAM reasons."""

    async def songs_by_isrc(self, codes: Sequence[str], scope: CatalogScope) -> Matches[Song]:
        """Return the songs of each code; codes are 12 capital letters and digits."""
        ...

    async def music_videos_by_isrc(
        self, codes: Sequence[str], scope: CatalogScope
    ) -> Matches[MusicVideo]:
        """Return the music videos of each code."""
        ...

    async def albums_by_upc(self, codes: Sequence[str], scope: CatalogScope) -> Matches[Album]:
        """Return the albums of each code; codes are digits, leading zeros do not matter."""
        ...

    async def equivalents(
        self,
        kind: type[Song] | type[Album] | type[MusicVideo],
        ids: Sequence[str],
        scope: CatalogScope,
    ) -> Matches[Resource]:
        """Return the counterparts of each id in the storefront of `scope`."""
        ...


class LyricsGateway(Protocol):
    """Reads lyrics, where Apple lets this developer token."""

    async def lyrics(
        self, song_id: str, listener: Listener, *, by_word: bool, language: str
    ) -> Lyrics:
        """Return the lyrics of a song.

        Args:
            song_id: Catalog id.
            listener: Who asks; Apple gives lyrics to subscribers only.
            by_word: Whether word times are wanted; line times do where there are none.
            language: BCP-47 tag of a translation; empty for none.

        Raises:
            NotFoundError: LYRICS_NOT_FOUND.
            UnimplementedError: CAPABILITY_REFUSED, Apple refuses though both tokens are good.
            UnauthenticatedError: MUSIC_USER_TOKEN_REJECTED.
        """
        ...
