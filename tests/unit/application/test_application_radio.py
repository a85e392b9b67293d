"""What a station plays next when Apple behaves oddly, and stations without names."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from applemusic_server.application.accounts import Accounts
from applemusic_server.application.listening import Listening
from applemusic_server.application.radio import Radio
from applemusic_server.application.station_seeds import StationSeeds
from applemusic_server.domain.account import Account
from applemusic_server.domain.errors import (
    FailedPreconditionError,
    NotFoundError,
    Reason,
    UnavailableError,
)
from applemusic_server.domain.radio import Continuation, StationList
from applemusic_server.domain.recommendations import Recommendation
from applemusic_server.domain.resources import (
    Availability,
    Page,
    ReadOptions,
    ResourceRef,
    ResourceType,
    Song,
    Station,
    StationKind,
)
from applemusic_server.domain.secret import Secret
from tests.support.apple_server import FixedToken
from tests.support.application import Listeners, MemoryStore, RecordingCatalog, Storefronts

NOW = datetime(2026, 11, 22, tzinfo=UTC)
OPTIONS = ReadOptions()


def station(
    station_id: str, name: str = "Station", kind: StationKind = StationKind.TRACKS
) -> Station:
    return Station(station_id, name, kind=kind, playable=kind is StationKind.TRACKS)


def songs(*ids: int) -> tuple[Song, ...]:
    return tuple(Song(str(each), f"Song {each}") for each in ids)


@dataclass
class Apple:
    """Plays what a test puts in; None stands for a station that Apple cannot play."""

    plays: dict[str, list[tuple[Song, ...] | None]] = field(default_factory=dict)
    own: tuple[Station, ...] = ()
    follows: dict[str, Continuation] = field(default_factory=dict)
    seeded: dict[str, Station] = field(default_factory=dict)
    groups_of: tuple[Recommendation, ...] = ()
    withdrawn: set[str] = field(default_factory=set)
    asked: list[tuple[str, int]] = field(default_factory=list)

    async def next_tracks(
        self, station_id: str, scope: Any, listener: Any, *, limit: int
    ) -> tuple[Song, ...] | None:
        del scope, listener
        self.asked.append((station_id, limit))
        script = self.plays.get(station_id, [None])
        found = script.pop(0) if len(script) > 1 else script[0]
        return found if found is None else found[:limit]

    async def personal(self, scope: Any, listener: Any) -> tuple[Station, ...]:
        del scope, listener
        return self.own

    async def continued(self, song_id: str, scope: Any, listener: Any) -> Continuation | None:
        del scope, listener
        return self.follows.get(song_id)

    async def of_seed(self, seed: ResourceRef, scope: Any, listener: Any) -> Station | None:
        del scope, listener
        if seed.id in self.withdrawn:
            raise NotFoundError(Reason.RESOURCE_NOT_FOUND, "gone")
        return self.seeded.get(seed.id)

    async def library_playlist_songs(self, playlist_id: str, listener: Any) -> Sequence[str]:
        del listener
        return ["7", "8"] if playlist_id == "p.1" else []

    async def catalog_ids(self, items: Sequence[ResourceRef], listener: Any) -> dict[Any, str]:
        del listener
        twins = {"i.1": "5", "i.2": "", "r.1": "77", "l.1": "1"}
        return {(each.type, each.id): twins[each.id] for each in items if each.id in twins}

    async def groups(self, *_: Any, **__: Any) -> Page[Recommendation]:
        return Page(self.groups_of)

    async def items(self, *_: Any, **__: Any) -> Page[Any]:
        return Page((station("ra.9", "Nine"),))


@dataclass
class Scene:
    radio: Radio
    apple: Apple
    catalog: RecordingCatalog

    async def next(self, station_id: str, token: str = "", limit: int = 0) -> tuple[list[str], str]:
        found = await self.radio.next_tracks(station_id, token, "anna", OPTIONS, limit=limit)
        return [song.id for song in found.songs], found.session_token


@pytest.fixture
async def scene() -> Scene:
    apple: Any = Apple()
    store, catalog = MemoryStore(), RecordingCatalog()
    await store.put(Account("anna", Secret("t" * 40), "us", NOW))
    accounts = Accounts(store, Listeners(), FixedToken(), clock=lambda: NOW)
    seeds = StationSeeds(apple, catalog, apple)
    radio = Radio(Listening(accounts, Storefronts()), apple, catalog, apple, seeds)
    return Scene(radio, apple, catalog)


async def test_repeats_are_left_out_and_made_up_for(scene: Scene) -> None:
    scene.apple.plays["ra.1"] = [songs(1, 2, 3), songs(2, 3, 4), songs(5, 6), songs(1)]
    first, token = await scene.next("ra.1", limit=3)
    second, _ = await scene.next("ra.1", token, limit=3)
    assert (first, second) == (["1", "2", "3"], ["4", "5", "6"])
    assert [limit for _, limit in scene.apple.asked] == [3, 3, 2]


async def test_only_repeats_are_better_than_silence(scene: Scene) -> None:
    scene.apple.plays["ra.1"] = [songs(1, 2, 3)]
    first, token = await scene.next("ra.1", limit=3)
    second, _ = await scene.next("ra.1", token, limit=3)
    assert first == second == ["1", "2", "3"]
    assert len(scene.apple.asked) == 2


async def test_songs_that_do_not_play_are_left_out(scene: Scene) -> None:
    gone = Song("9", "Gone", availability=Availability.WITHDRAWN)
    scene.apple.plays["ra.1"] = [(gone, *songs(1))]
    assert (await scene.next("ra.1", limit=2))[0] == ["1"]


async def test_nothing_this_time_is_no_error_for_a_station_that_plays_songs(scene: Scene) -> None:
    scene.apple.plays["ra.1"] = [()]
    scene.catalog.known["ra.1"] = station("ra.1")
    assert (await scene.next("ra.1"))[0] == []


async def test_a_live_station_has_no_songs(scene: Scene) -> None:
    scene.apple.plays["ra.1"] = [()]
    scene.catalog.known["ra.1"] = station("ra.1", kind=StationKind.LIVE)
    with pytest.raises(FailedPreconditionError) as caught:
        await scene.next("ra.1")
    assert caught.value.reason is Reason.STATION_WITHOUT_TRACKS


@pytest.mark.parametrize("answer", [None, ()])
async def test_a_personal_station_is_found_under_its_new_id(scene: Scene, answer: Any) -> None:
    scene.apple.plays = {"ra.u-old": [answer], "ra.u-new": [songs(1, 2)]}
    scene.apple.own = (station("ra.u-new"),)
    first, token = await scene.next("ra.u-old", limit=2)
    assert first == ["1", "2"]
    scene.apple.plays["ra.u-new"] = [songs(3, 4)]
    scene.apple.asked.clear()
    assert (await scene.next("ra.u-old", token, limit=2))[0] == ["3", "4"]
    assert scene.apple.asked == [("ra.u-new", 2)]


async def test_what_follows_the_last_song_goes_on(scene: Scene) -> None:
    scene.apple.plays["ra.x"] = [songs(1), None]
    scene.apple.follows["1"] = Continuation(station("ra.follow"), songs(1, 2, 3))
    scene.apple.plays["ra.follow"] = [songs(4)]
    first, token = await scene.next("ra.x", limit=1)
    second, token = await scene.next("ra.x", token, limit=2)
    third, _ = await scene.next("ra.x", token, limit=1)
    assert (first, second, third) == (["1"], ["2", "3"], ["4"])


async def test_no_way_out_is_told_by_what_the_station_is(scene: Scene) -> None:
    with pytest.raises(NotFoundError):
        await scene.next("ra.unknown")
    with pytest.raises(FailedPreconditionError):
        await scene.next("ra.123")  # Named after a song that has no station.
    scene.catalog.known["ra.x"] = station("ra.x")
    with pytest.raises(UnavailableError):
        await scene.next("ra.x")


async def test_a_library_song_is_played_as_its_catalog_twin(scene: Scene) -> None:
    scene.apple.plays["ra.5"] = [songs(5)]
    assert (await scene.next("ra.i.1", limit=1))[0] == ["5"]
    with pytest.raises(FailedPreconditionError):
        await scene.next("ra.i.2")  # An upload.
    with pytest.raises(NotFoundError):
        await scene.next("ra.i.3")


async def test_seeds_of_the_library(scene: Scene) -> None:
    scene.apple.seeded = {"5": station("ra.5"), "77": station("ra.77"), "8": station("ra.8")}
    for kind, item_id, expected in (
        (ResourceType.SONG, "i.1", "ra.5"),
        (ResourceType.ARTIST, "r.1", "ra.77"),
        (ResourceType.PLAYLIST, "p.1", "ra.8"),  # Its first song has no station.
    ):
        found = await scene.radio.seeded_station(ResourceRef(kind, item_id), "anna", OPTIONS)
        assert found.id == expected
    for kind, item_id in ((ResourceType.SONG, "i.2"), (ResourceType.PLAYLIST, "p.2")):
        with pytest.raises(FailedPreconditionError):
            await scene.radio.seeded_station(ResourceRef(kind, item_id), "anna", OPTIONS)


async def test_a_withdrawn_song_is_passed_over_unless_it_is_the_seed(scene: Scene) -> None:
    scene.apple.seeded, scene.apple.withdrawn = {"8": station("ra.8")}, {"7", "5"}
    playlist = ResourceRef(ResourceType.PLAYLIST, "p.1")
    assert (await scene.radio.seeded_station(playlist, "anna", OPTIONS)).id == "ra.8"
    with pytest.raises(NotFoundError):
        await scene.radio.seeded_station(ResourceRef(ResourceType.SONG, "5"), "anna", OPTIONS)
    with pytest.raises(FailedPreconditionError):
        await scene.radio.seeded_station(ResourceRef(ResourceType.SONG, "i.1"), "anna", OPTIONS)


async def test_a_song_without_a_station_has_what_follows_it(scene: Scene) -> None:
    scene.apple.follows["5"] = Continuation(station("ra.5"), ())
    seed = ResourceRef(ResourceType.SONG, "5")
    assert (await scene.radio.seeded_station(seed, "anna", OPTIONS)).id == "ra.5"


async def test_featured_stations_get_their_names_or_are_left_out(scene: Scene) -> None:
    nameless, lost = station("ra.2", ""), station("ra.3", "")
    group = Recommendation("6-1", "For you", items=(station("ra.1"), nameless, lost), next_offset=3)
    scene.apple.groups_of = (group, Recommendation("6-2", "More", items=(station("ra.1"),)))
    scene.catalog.known["ra.2"] = station("ra.2", "Two")
    page = await scene.radio.stations(StationList.FEATURED, "", "anna", OPTIONS, limit=2, offset=0)
    assert [each.name for each in page.items] == ["Station", "Two"]
    assert page.next_offset == 2
    rest = await scene.radio.stations(StationList.FEATURED, "", "anna", OPTIONS, limit=2, offset=2)
    assert [each.name for each in rest.items] == ["Nine"]
    assert rest.next_offset is None
