"""What Apple recommends to a listener, and what they have heard."""

from dataclasses import replace
from typing import Final

from applemusic_server.application.limits import check_id, check_offset, page_limit
from applemusic_server.application.listening import Listening
from applemusic_server.application.station_names import fill, named_stations, with_names
from applemusic_server.domain.errors import invalid_field
from applemusic_server.domain.gateways import CatalogGateway
from applemusic_server.domain.recommendations import (
    Recommendation,
    RecommendationGateway,
    Replay,
)
from applemusic_server.domain.resources import Page, ReadOptions, Resource, Track

_FIRST_YEAR: Final = 2015  # Apple Music began then.
_LAST_YEAR: Final = 9999
_MONTHS: Final = 12


class Recommendations:
    """The use cases of recommendations and history.

    Stations that come without a name are looked up; those that stay without one are left out.

    Args:
        listening: Opens calls for listeners.
        gateway: Asks Apple.
        catalog: Reads the catalog.
    """

    def __init__(
        self, listening: Listening, gateway: RecommendationGateway, catalog: CatalogGateway
    ) -> None:
        self._listening = listening
        self._gateway = gateway
        self._catalog = catalog

    async def groups(
        self, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Recommendation]:
        """Return a page of groups with their first items; `limit` 0 is 12, at most 30.

        Raises:
            AppleMusicError: An ACCOUNT, token or UPSTREAM reason.
        """
        most, begin = page_limit(limit, default=12, most=30), check_offset(offset)
        async with self._listening.scope(account, options) as (scope, listener):
            page = await self._gateway.groups(scope, listener, limit=most, offset=begin)
            items = [item for group in page.items for item in group.items]
            known = await named_stations(items, self._catalog, scope)
        groups = (replace(each, items=tuple(fill(each.items, known))) for each in page.items)
        return Page(tuple(groups), page.next_offset)

    async def items(
        self,
        recommendation_id: str,
        account: str,
        options: ReadOptions,
        *,
        limit: int,
        offset: int,
    ) -> Page[Resource]:
        """Return a page of a group's items; `limit` 0 is 10, at most 50.

        Raises:
            NotFoundError: RESOURCE_NOT_FOUND, Apple has replaced the group.
            AppleMusicError: An ACCOUNT, token or UPSTREAM reason.
        """
        check_id(recommendation_id, "recommendation_id")
        most, begin = page_limit(limit, default=10, most=50), check_offset(offset)
        async with self._listening.scope(account, options) as (scope, listener):
            page = await self._gateway.items(
                recommendation_id, scope, listener, limit=most, offset=begin
            )
            items = await with_names(page.items, self._catalog, scope)
        return Page(items, page.next_offset)

    async def recently_played(
        self, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Resource]:
        """Return a page of albums, playlists and stations; `limit` 0 is 10, at most 50."""
        most, begin = page_limit(limit, default=10, most=50), check_offset(offset)
        async with self._listening.scope(account, options) as (scope, listener):
            page = await self._gateway.recently_played(scope, listener, limit=most, offset=begin)
            items = await with_names(page.items, self._catalog, scope)
        return Page(items, page.next_offset)

    async def recently_played_tracks(
        self, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Track]:
        """Return a page of songs and music videos; `limit` 0 is 30, at most 100."""
        most, begin = page_limit(limit, default=30, most=100), check_offset(offset)
        async with self._listening.scope(account, options) as (scope, listener):
            return await self._gateway.recently_played_tracks(
                scope, listener, limit=most, offset=begin
            )

    async def heavy_rotation(
        self, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Resource]:
        """Return a page of what was played most lately; `limit` 0 is 10, at most 50."""
        most, begin = page_limit(limit, default=10, most=50), check_offset(offset)
        async with self._listening.scope(account, options) as (scope, listener):
            page = await self._gateway.heavy_rotation(scope, listener, limit=most, offset=begin)
            items = await with_names(page.items, self._catalog, scope)
        return Page(items, page.next_offset)

    async def replay(self, year: int, month: int, account: str, options: ReadOptions) -> Replay:
        """Return what was played most in a year (0 for the latest), or in a month of it (1 to 12).

        Raises:
            InvalidArgumentError: INVALID_FIELD.
            NotFoundError: RESOURCE_NOT_FOUND, Apple has no summary of that time.
            AppleMusicError: An ACCOUNT, token or UPSTREAM reason.
        """
        if year and not _FIRST_YEAR <= year <= _LAST_YEAR:
            raise invalid_field("year", f"is 0 or from {_FIRST_YEAR} to {_LAST_YEAR}")
        if not 0 <= month <= _MONTHS:
            raise invalid_field("month", "is 0 or from 1 to 12")
        if month and not year:
            raise invalid_field("month", "needs a year")
        async with self._listening.scope(account, options) as (scope, listener):
            return await self._gateway.replay(year, month, scope, listener)
