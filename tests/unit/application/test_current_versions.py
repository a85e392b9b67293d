"""Withdrawn songs matched: in which order, how like they must be, and with how many requests."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast

import pytest

from applemusic_server.application.current_versions import CurrentVersions, RequestBudget
from applemusic_server.domain.catalog_answers import Match, Matches
from applemusic_server.domain.errors import Reason, UnavailableError
from applemusic_server.domain.gateways import Listener
from applemusic_server.domain.library import LibraryScope
from applemusic_server.domain.resources import Album, Availability, SearchResults, Song
from applemusic_server.domain.secret import Secret

SCOPE = LibraryScope(Listener("anna", Secret("x"), "de"))
GONE = Song(
    "i.1",
    "Harbour",
    catalog_id="100",
    artist_name="Mara",
    album_name="Tides",
    duration=timedelta(seconds=200),
    isrc="DEA002600001",
    availability=Availability.WITHDRAWN,
)
NOW = replace(GONE, id="200", catalog_id="200", availability=Availability.CATALOG)


@dataclass
class Catalog:
    """Answers as it is told, and counts."""

    equivalent: dict[str, tuple[Song, ...]] = field(default_factory=dict)
    coded: dict[str, tuple[Song, ...]] = field(default_factory=dict)
    hits: tuple[Song, ...] = ()
    asked: list[str] = field(default_factory=list)
    fails: bool = False
    time: float = 0.0

    def _count(self, what: str) -> None:
        self.asked.append(what)
        if self.fails:
            raise UnavailableError(Reason.UPSTREAM_UNAVAILABLE, "no")

    async def equivalents(self, kind: Any, ids: list[str], scope: Any) -> Matches[Song]:
        assert (kind, scope.storefront) == (Song, "de")
        self._count("equivalents")
        return _matches(self.equivalent, ids)

    async def songs_by_isrc(self, codes: list[str], scope: Any) -> Matches[Song]:
        assert scope.listener is None
        self._count("isrc")
        return _matches(self.coded, codes)

    async def search(self, term: str, types: Any, scope: Any, **values: Any) -> SearchResults:
        assert (len(types), scope.storefront) == (1, "de")
        assert values["limit"] <= 25
        self._count(term)
        return SearchResults(songs=self.hits)


def _matches(found: dict[str, tuple[Song, ...]], keys: list[str]) -> Matches[Song]:
    return Matches(tuple(Match(key, found[key]) for key in keys if key in found))


@pytest.fixture
def catalog() -> Catalog:
    return Catalog()


@pytest.fixture
def versions(catalog: Catalog) -> CurrentVersions:
    fake = cast("Any", catalog)
    return CurrentVersions(fake, fake, lambda: catalog.time)


async def current(versions: CurrentVersions, song: Song = GONE) -> str:
    (found,) = (await versions.match([song], SCOPE)).items
    assert isinstance(found, Song)
    return found.current_catalog_id


async def test_equivalents_come_first_then_codes_then_words(
    catalog: Catalog, versions: CurrentVersions
) -> None:
    catalog.equivalent["100"] = (NOW,)
    assert await current(versions) == "200"
    assert catalog.asked == ["equivalents"]
    catalog.coded["DEA002600001"] = (replace(NOW, id="300"),)
    assert await current(versions, replace(GONE, catalog_id="101")) == "300"
    catalog.hits = (replace(NOW, id="400"),)
    assert await current(versions, replace(GONE, catalog_id="102", isrc="")) == "400"
    assert catalog.asked[-2:] == ["equivalents", "Harbour Mara"]


@pytest.mark.parametrize(
    "other",
    [
        replace(NOW, name="Harbour (Live)"),
        replace(NOW, artist_name="Maria"),
        replace(NOW, duration=timedelta(seconds=204)),
        replace(NOW, availability=Availability.WITHDRAWN),
        replace(NOW, id="100"),
    ],
)
async def test_what_is_not_the_same_is_no_match(
    catalog: Catalog, versions: CurrentVersions, other: Song
) -> None:
    catalog.hits = (other,)
    assert await current(versions) == ""


async def test_the_most_alike_wins(catalog: Catalog, versions: CurrentVersions) -> None:
    catalog.hits = (
        replace(NOW, id="1", album_name="Best of"),
        replace(NOW, id="2", duration=timedelta(seconds=202)),
        replace(NOW, id="3"),
    )
    assert await current(versions) == "3"


async def test_answers_are_remembered_for_a_day_also_that_there_is_none(
    catalog: Catalog, versions: CurrentVersions
) -> None:
    assert await current(versions) == ""
    count = len(catalog.asked)
    catalog.hits = (NOW,)
    assert await current(versions) == ""
    assert len(catalog.asked) == count
    catalog.time += 24 * 3600 + 1
    assert await current(versions) == "200"


async def test_twenty_requests_in_ten_minutes_and_no_more(
    catalog: Catalog, versions: CurrentVersions
) -> None:
    catalog.hits = (NOW,)
    songs = [replace(GONE, id=f"i.{n}", catalog_id=str(1000 + n)) for n in range(30)]
    matched = await versions.match(songs, SCOPE)
    assert len(catalog.asked) == 20
    assert not matched.settled
    assert sum(bool(cast("Song", each).current_catalog_id) for each in matched.items) == 18
    await versions.match(songs, SCOPE)
    assert len(catalog.asked) == 20
    catalog.time += 601
    assert (await versions.match(songs, SCOPE)).settled
    assert len(catalog.asked) <= 40


async def test_what_is_not_withdrawn_costs_nothing_and_failures_spoil_nothing(
    catalog: Catalog, versions: CurrentVersions
) -> None:
    matched = await versions.match([NOW, Album("l.1", "A")], SCOPE)
    assert matched.settled
    assert matched.items == (NOW, Album("l.1", "A"))
    assert not catalog.asked
    catalog.fails = True
    matched = await versions.match([GONE], SCOPE)
    assert (matched.items, matched.settled) == ((GONE,), False)


def test_a_budget_is_an_accounts_own() -> None:
    budget = RequestBudget(lambda: 0.0, requests=1)
    assert budget.take("anna")
    assert not budget.take("anna")
    assert budget.take("berta")
