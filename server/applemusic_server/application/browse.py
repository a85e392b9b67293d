"""Looks around in the catalog: relations, charts, genres, storefronts, suggestions."""

from collections.abc import Sequence
from typing import TypeVar

from applemusic_server.application.catalog import check_term, check_types
from applemusic_server.application.catalog_scopes import CatalogScopes
from applemusic_server.application.limits import check_id, check_offset, page_limit
from applemusic_server.domain.catalog_answers import (
    RELATION_PARENTS,
    Charts,
    Relation,
    Suggestions,
)
from applemusic_server.domain.catalog_gateways import BrowseGateway
from applemusic_server.domain.errors import invalid_field
from applemusic_server.domain.gateways import Storefront
from applemusic_server.domain.language import check_language_tag
from applemusic_server.domain.resources import (
    Genre,
    Page,
    ReadOptions,
    Resource,
    ResourceRef,
    ResourceType,
)

T = TypeVar("T")

_CHARTED = (
    ResourceType.SONG,
    ResourceType.ALBUM,
    ResourceType.PLAYLIST,
    ResourceType.MUSIC_VIDEO,
)


class Browse:
    """The use cases of looking around.

    Args:
        gateway: Reads Apple's catalog.
        scopes: Knows how to read for a caller.
    """

    def __init__(self, gateway: BrowseGateway, scopes: CatalogScopes) -> None:
        self._gateway = gateway
        self._scopes = scopes

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
        """Return a page of what stands in a relation to a resource; `limit` 0 is 25, at most 100.

        Raises:
            InvalidArgumentError: INVALID_FIELD, also for a relation that the type does not have.
            NotFoundError: RESOURCE_NOT_FOUND, ACCOUNT_NOT_FOUND.
        """
        check_id(parent.id, "resource.id")
        if parent.type not in RELATION_PARENTS[relation]:
            raise invalid_field("relation", f"{parent.type.name} has no relation {relation.name}")
        most, begin = page_limit(limit, default=25, most=100), check_offset(offset)
        scope = await self._scopes.scope(account, options)
        return await self._scopes.read(
            scope,
            lambda s: self._gateway.related(parent, relation, s, limit=most, offset=begin),
        )

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
        """Return the charts of some types, and of cities and the world.

        Args:
            types: Of songs, albums, playlists and music videos; empty for none of them.
            genre_id: Empty for all genres.
            account: For whom.
            options: How to read.
            limit: Most items per chart; 0 is 20, at most 200.
            offset: Where each chart begins.
            city_and_global: Also the city charts and the daily global top 100 playlists.
        """
        for position, each in enumerate(types):
            if each not in _CHARTED:
                raise invalid_field(f"types[{position}]", f"there are no charts of {each.name}")
        if genre_id:
            check_id(genre_id, "genre_id")
        most, begin = page_limit(limit, default=20, most=200), check_offset(offset)
        scope = await self._scopes.scope(account, options)
        return await self._scopes.read(
            scope,
            lambda s: self._gateway.charts(
                tuple(dict.fromkeys(types)),
                genre_id,
                s,
                limit=most,
                offset=begin,
                city_and_global=city_and_global,
            ),
        )

    async def genres(
        self, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Genre]:
        """Return a page of a storefront's genres, the root first; `limit` 0 is 100, at most 500."""
        most, begin = page_limit(limit, default=100, most=500), check_offset(offset)
        scope = await self._scopes.scope(account, options)
        genres = await self._scopes.read(scope, self._gateway.genres)
        # Stable: below the root Apple's order stays.
        return _slice(sorted(genres, key=lambda each: bool(each.parent_id)), most, begin)

    async def storefronts(self, language: str, *, limit: int, offset: int) -> Page[Storefront]:
        """Return a page of Apple's storefronts by id; `limit` 0 is 200, at most 500."""
        check_language_tag(language, "language")
        most, begin = page_limit(limit, default=200, most=500), check_offset(offset)
        return _slice(await self._gateway.storefronts(language), most, begin)

    async def suggestions(
        self,
        term: str,
        types: Sequence[ResourceType],
        account: str,
        options: ReadOptions,
        *,
        limit: int,
    ) -> Suggestions:
        """Complete what was typed; `limit` 0 is 5, at most 10 terms.

        Args:
            term: Not blank, at most 500 characters.
            types: Of which to return the best matches too; empty for none.
            account: For whom.
            options: How to read.
            limit: Most terms.
        """
        words, wanted = check_term(term), check_types(types)
        most = page_limit(limit, default=5, most=10)
        scope = await self._scopes.scope(account, options)
        return await self._scopes.read(
            scope, lambda s: self._gateway.suggestions(words, wanted, s, limit=most)
        )


def _slice(items: Sequence[T], limit: int, offset: int) -> Page[T]:
    end = offset + limit
    return Page(tuple(items[offset:end]), end if end < len(items) else None, len(items))
