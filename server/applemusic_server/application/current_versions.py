"""Finds what withdrawn songs are in the catalog now, with a bounded number of requests."""

import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, TypeVar

from applemusic_server.domain.catalog_gateways import LookupGateway
from applemusic_server.domain.errors import (
    FailedPreconditionError,
    ResourceExhaustedError,
    UnavailableError,
)
from applemusic_server.domain.gateways import CatalogGateway, CatalogScope
from applemusic_server.domain.library import LibraryScope
from applemusic_server.domain.resources import Availability, Resource, ResourceType, Song

R = TypeVar("R", bound=Resource)

_REQUESTS: Final = 20
_PER_SECONDS: Final = 600.0
_KEPT_SECONDS: Final = 24 * 3600.0
_MOST_KEPT: Final = 20_000
_SEARCHED: Final = 10
# What one request may name.
_IDS: Final = 100
_CODES: Final = 25
_ISRC: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
# One recording is listed with slightly other lengths.
_SAME_LENGTH: Final = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Matched:
    """Songs, and what is known of those that were withdrawn.

    Attributes:
        settled: Every withdrawn song was looked for; else a later read can tell more.
    """

    items: tuple[Resource, ...]
    settled: bool


class RequestBudget:
    """Allows so many requests in so many seconds, per account.

    Args:
        clock: Monotonic seconds.
        requests: How many.
        seconds: In what time.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        requests: int = _REQUESTS,
        seconds: float = _PER_SECONDS,
    ) -> None:
        self._clock = clock
        self._requests = requests
        self._seconds = seconds
        self._spent: dict[str, list[float]] = {}

    def take(self, account_id: str) -> bool:
        """Spend one request; False when there is none left just now."""
        now = self._clock()
        spent = [when for when in self._spent.get(account_id, ()) if when > now - self._seconds]
        self._spent[account_id] = spent
        if len(spent) >= self._requests:
            return False
        spent.append(now)
        return True


class CurrentVersions:
    """Looks withdrawn songs up: as equivalents, by ISRC, then by their words.

    Answers are remembered for a day, per storefront. At most 20 requests in ten minutes are made
    for an account, whatever it reads; what is left over is looked for when it is read again.

    Args:
        lookup: Finds by code.
        catalog: Finds by words.
        clock: Monotonic seconds.
        budget: Limits the requests.
    """

    def __init__(
        self,
        lookup: LookupGateway,
        catalog: CatalogGateway,
        clock: Callable[[], float],
        budget: RequestBudget | None = None,
    ) -> None:
        self._lookup = lookup
        self._catalog = catalog
        self._clock = clock
        self._budget = budget or RequestBudget(clock)
        self._known: OrderedDict[tuple[str, str], tuple[str, float]] = OrderedDict()

    async def match(self, items: Sequence[Resource], scope: LibraryScope) -> Matched:
        """Return items with the current catalog ids of the withdrawn songs among them.

        A failure of Apple's here leaves songs unmatched and spoils nothing.
        """
        gone = [each for each in items if isinstance(each, Song) and _is_withdrawn(each)]
        if not gone:
            return Matched(tuple(items), settled=True)
        await self._look_up([song for song in gone if self._of(song, scope) is None], scope)
        found = {song.id: self._of(song, scope) for song in gone}
        matched = {song.id: replace(song, current_catalog_id=found[song.id] or "") for song in gone}
        return Matched(
            tuple(matched.get(each.id, each) for each in items),
            settled=all(current is not None for current in found.values()),
        )

    async def _look_up(self, songs: Sequence[Song], scope: LibraryScope) -> None:
        account, catalog = scope.listener.account_id, CatalogScope(scope.listener.storefront)
        try:
            open_songs = list(songs)
            with_id = [song for song in open_songs if song.catalog_id][:_IDS]
            if with_id and self._budget.take(account):
                answer = await self._lookup.equivalents(
                    Song, [song.catalog_id for song in with_id], catalog
                )
                self._note(with_id, {m.key: m.resources for m in answer.found}, "catalog_id", scope)
                open_songs = [song for song in open_songs if self._of(song, scope) is None]
            with_code = [song for song in open_songs if _ISRC.fullmatch(song.isrc.upper())][:_CODES]
            if with_code and self._budget.take(account):
                codes = await self._lookup.songs_by_isrc(
                    [song.isrc.upper() for song in with_code], catalog
                )
                by_code = {match.key: match.resources for match in codes.found}
                self._note(with_code, by_code, "isrc", scope)
                open_songs = [song for song in open_songs if self._of(song, scope) is None]
            for song in open_songs:
                if not self._budget.take(account):
                    return
                await self._search(song, scope, catalog)
        except (UnavailableError, ResourceExhaustedError, FailedPreconditionError):
            return  # What was asked for is there without it; the next read tries again.

    async def _search(self, song: Song, scope: LibraryScope, catalog: CatalogScope) -> None:
        hits = await self._catalog.search(
            f"{song.name} {song.artist_name}".strip(),
            (ResourceType.SONG,),
            catalog,
            limit=_SEARCHED,
            offset=0,
            top_results=False,
        )
        same = [each for each in hits.songs if _is_same(song, each)]
        self._keep(song, _best(song, same), scope)

    def _note(
        self,
        songs: Sequence[Song],
        found: dict[str, tuple[Resource, ...]] | dict[str, tuple[Song, ...]],
        field: str,
        scope: LibraryScope,
    ) -> None:
        """Remember matches; what has none is looked for in another way."""
        for song in songs:
            candidates = [
                each
                for each in found.get(str(getattr(song, field)).upper(), ())
                if isinstance(each, Song)
            ]
            current = _best(song, candidates)
            if current:
                self._keep(song, current, scope)

    def _of(self, song: Song, scope: LibraryScope) -> str | None:
        """Return what is known of a song: its current id, empty for none; None for nothing."""
        known = self._known.get(_key(song, scope))
        if known is None or known[1] <= self._clock():
            return None
        return known[0]

    def _keep(self, song: Song, current: str, scope: LibraryScope) -> None:
        key = _key(song, scope)
        self._known[key] = (current, self._clock() + _KEPT_SECONDS)
        self._known.move_to_end(key)
        while len(self._known) > _MOST_KEPT:
            self._known.popitem(last=False)


def _is_withdrawn(song: Song) -> bool:
    return song.availability is Availability.WITHDRAWN


def _key(song: Song, scope: LibraryScope) -> tuple[str, str]:
    return scope.listener.storefront, song.catalog_id or f"{scope.listener.account_id} {song.id}"


def _is_same(song: Song, other: Song) -> bool:
    return (
        song.name.casefold() == other.name.casefold()
        and song.artist_name.casefold() == other.artist_name.casefold()
        and abs(song.duration - other.duration) <= _SAME_LENGTH
    )


def _best(song: Song, candidates: Sequence[Song]) -> str:
    """Return the id of the playable candidate that is most like a song; empty for none."""
    playable = [
        each
        for each in candidates
        if each.availability is Availability.CATALOG and each.id != song.catalog_id
    ]
    ranked = sorted(
        playable,
        key=lambda each: (
            each.content_rating is not song.content_rating,
            each.album_name.casefold() != song.album_name.casefold(),
            abs(each.duration - song.duration),
        ),
    )
    return ranked[0].id if ranked else ""
