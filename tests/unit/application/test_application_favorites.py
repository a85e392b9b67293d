"""Liking items of the library, refusals and doubts, against an Apple that forgets to tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from applemusic_server.application.accounts import Accounts
from applemusic_server.application.capability_memory import CapabilityMemory
from applemusic_server.application.favorites import Favorites
from applemusic_server.application.listening import Listening
from applemusic_server.application.recent_writes import RecentWrites
from applemusic_server.domain.account import Account
from applemusic_server.domain.capability import Capability, capability_refused
from applemusic_server.domain.errors import (
    AppleMusicError,
    InvalidArgumentError,
    Reason,
    UnauthenticatedError,
    UnavailableError,
    UnimplementedError,
)
from applemusic_server.domain.favorites import ItemKey, item_key
from applemusic_server.domain.gateways import Listener
from applemusic_server.domain.resources import FavoriteState, ResourceRef, ResourceType
from applemusic_server.domain.secret import Secret
from tests.support.apple_server import FixedToken
from tests.support.application import Listeners, MemoryStore, Storefronts

FAVORITE, DISLIKED, NONE = FavoriteState.FAVORITE, FavoriteState.DISLIKED, FavoriteState.NONE
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def ref(kind: str, item_id: str) -> ResourceRef:
    return ResourceRef(ResourceType[kind], item_id)


SONG, TWIN = ref("SONG", "i.1"), ref("SONG", "5")
UPLOAD, GONE = ref("SONG", "i.2"), ref("SONG", "i.3")
ARTIST, ARTIST_TWIN = ref("ARTIST", "r.1"), ref("ARTIST", "77")
PLAYLIST = ref("PLAYLIST", "p.1")


@dataclass
class SlowApple:
    """Takes every write and shows none of them; refuses or fails when told to."""

    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    rated: list[tuple[str, FavoriteState]] = field(default_factory=list)
    refuses: set[Capability] = field(default_factory=set)
    failure: AppleMusicError | None = None
    asked: int = 0

    async def ratings(
        self, items: Sequence[ResourceRef], listener: Listener
    ) -> Mapping[ItemKey, FavoriteState]:
        del items, listener
        self.asked += 1
        return {}

    async def artist_favorites(
        self, artist_ids: Sequence[str], listener: Listener
    ) -> Mapping[str, FavoriteState]:
        del listener
        self._check(Capability.ARTIST_FAVORITES)
        return {each: NONE for each in artist_ids if each != "silent"}

    async def rate(
        self, items: Sequence[ResourceRef], state: FavoriteState, listener: Listener
    ) -> frozenset[ItemKey]:
        del listener
        if self.failure is not None:
            raise self.failure
        self.rated += [(item.id, state) for item in items]
        return frozenset()

    async def add(self, items: Sequence[ResourceRef], listener: Listener) -> None:
        del listener
        self._check(Capability.ARTIST_FAVORITES)
        self.added += [item.id for item in items]

    async def remove(self, items: Sequence[ResourceRef], listener: Listener) -> None:
        del listener
        self._check(Capability.ARTIST_FAVORITES_CLEAR)
        self.removed += [item.id for item in items]

    async def existing(
        self, items: Sequence[ResourceRef], listener: Listener
    ) -> frozenset[ItemKey]:
        del listener
        return frozenset(map(item_key, items))

    async def catalog_ids(
        self, items: Sequence[ResourceRef], listener: Listener
    ) -> Mapping[ItemKey, str]:
        del listener
        twins = {"i.1": "5", "i.2": "", "r.1": "77", "r.2": "silent"}
        return {item_key(item): twins[item.id] for item in items if item.id in twins}

    def _check(self, capability: Capability) -> None:
        if self.failure is not None:
            raise self.failure
        if capability in self.refuses:
            raise capability_refused(capability)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now

    def utc(self) -> datetime:
        return NOW + timedelta(seconds=self.now)


@dataclass
class Scene:
    favorites: Favorites
    apple: SlowApple
    clock: Clock
    store: MemoryStore
    listeners: Listeners

    async def states(self, *items: ResourceRef) -> list[FavoriteState]:
        return list(await self.favorites.batch_get(items, "anna"))


@pytest.fixture
async def scene() -> Scene:
    apple, clock, store, listeners = SlowApple(), Clock(), MemoryStore(), Listeners()
    await store.put(Account("anna", Secret("t" * 40), "us", NOW))
    accounts = Accounts(store, listeners, FixedToken(), clock=lambda: NOW)
    listening = Listening(accounts, Storefronts())
    favorites = Favorites(listening, apple, apple, CapabilityMemory(clock.utc), RecentWrites(clock))
    return Scene(favorites, apple, clock, store, listeners)


async def test_library_items_are_liked_as_what_they_are(scene: Scene) -> None:
    items = (SONG, UPLOAD, GONE, ARTIST, PLAYLIST)
    assert await scene.favorites.set(items, FAVORITE, "anna") == ("i.3",)
    assert scene.apple.added == ["5", "77"]
    assert scene.apple.rated == [("i.2", FAVORITE), ("p.1", FAVORITE)]
    assert await scene.states(*items) == [FAVORITE, FAVORITE, NONE, FAVORITE, FAVORITE]


async def test_a_song_is_liked_under_both_of_its_names(scene: Scene) -> None:
    await scene.favorites.set([SONG], FAVORITE, "anna")
    assert await scene.states(TWIN, SONG) == [FAVORITE, FAVORITE]
    await scene.favorites.set([TWIN], DISLIKED, "anna")
    scene.clock.now += 1
    await scene.favorites.clear([ARTIST_TWIN], "anna")
    assert await scene.states(TWIN) == [DISLIKED]
    scene.clock.now += 40
    assert await scene.states(TWIN, SONG) == [NONE, NONE]  # Apple's word counts from now on.


async def test_written_by_catalog_id_and_read_by_library_id(scene: Scene) -> None:
    await scene.favorites.set([TWIN, ARTIST_TWIN], FAVORITE, "anna")
    assert await scene.states(SONG, ARTIST) == [FAVORITE, FAVORITE]


async def test_what_was_written_is_not_asked_for(scene: Scene) -> None:
    await scene.favorites.set([TWIN], FAVORITE, "anna")
    await scene.states(TWIN)
    assert scene.apple.asked == 0


async def test_dislikes_take_the_favorite_away_first(scene: Scene) -> None:
    await scene.favorites.set([SONG, UPLOAD], DISLIKED, "anna")
    assert scene.apple.removed == ["5"]
    assert scene.apple.rated == [("i.1", DISLIKED), ("i.2", DISLIKED)]


async def test_clearing_never_rates(scene: Scene) -> None:
    await scene.favorites.clear([SONG, UPLOAD, ARTIST], "anna")
    assert scene.apple.removed == ["5", "77"]
    assert {state for _, state in scene.apple.rated} == {NONE}


async def test_refused_removal_is_remembered_and_ratings_do_it(scene: Scene) -> None:
    scene.apple.refuses.add(Capability.ARTIST_FAVORITES_CLEAR)
    for _ in range(2):
        await scene.favorites.clear([TWIN], "anna")
    with pytest.raises(UnimplementedError):
        await scene.favorites.clear([ARTIST], "anna")
    scene.apple.refuses.clear()
    with pytest.raises(UnimplementedError):
        await scene.favorites.clear([ARTIST], "anna")
    scene.clock.now += 25 * 3600
    await scene.favorites.clear([ARTIST], "anna")
    assert scene.apple.removed == ["77"]


async def test_an_artist_that_apple_is_silent_about_is_unknown(scene: Scene) -> None:
    assert await scene.states(ref("ARTIST", "r.2")) == [FavoriteState.UNKNOWN]
    assert await scene.states(ARTIST) == [NONE]


async def test_after_a_failure_apples_word_counts(scene: Scene) -> None:
    await scene.favorites.set([TWIN], FAVORITE, "anna")
    scene.apple.failure = UnavailableError(Reason.UPSTREAM_UNAVAILABLE, "away")
    with pytest.raises(UnavailableError):
        await scene.favorites.clear([TWIN], "anna")
    scene.apple.failure = None
    assert await scene.states(TWIN) == [NONE]
    assert scene.apple.asked == 1


async def test_a_refused_token_is_noted(scene: Scene) -> None:
    scene.apple.failure = UnauthenticatedError(Reason.MUSIC_USER_TOKEN_REJECTED, "dead")
    scene.listeners.error = scene.apple.failure
    for _ in range(2):
        with pytest.raises(UnauthenticatedError):
            await scene.favorites.set([TWIN], FAVORITE, "anna")
    assert scene.store.accounts["anna"].rejected


async def test_limits(scene: Scene) -> None:
    many = [ref("SONG", str(number)) for number in range(1, 1002)]
    assert len(await scene.states(*many[:1000])) == 1000
    for items in ([], many):
        with pytest.raises(InvalidArgumentError):
            await scene.favorites.batch_get(items, "anna")
    for items in ([], many[:501], [ref("GENRE", "34")], [ref("SONG", "../me")]):
        with pytest.raises(InvalidArgumentError):
            await scene.favorites.set(items, FAVORITE, "anna")
    with pytest.raises(InvalidArgumentError):
        await scene.favorites.set([ARTIST], DISLIKED, "anna")
