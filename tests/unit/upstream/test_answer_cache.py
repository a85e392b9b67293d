"""What is remembered, for whom, for how long; and that several who ask the same ask once."""

import asyncio
from collections.abc import Hashable, Sequence
from typing import Any

import pytest

from applemusic_server.domain.errors import Reason, UnavailableError
from applemusic_server.domain.gateways import CatalogScope, Listener
from applemusic_server.domain.resources import Artwork, Found, ResourceType, Song
from applemusic_server.domain.secret import Secret
from applemusic_server.upstream.answer_cache import AnswerCache, CacheLimits, weigh
from applemusic_server.upstream.cached_catalog import CachedCatalog
from tests.support.apple_server import FakeTime
from tests.support.application import RecordingCatalog

LIMITS = CacheLimits(entries=3, weight=10_000, seconds=60, missing_seconds=5)
ANNA = Listener("anna", Secret("a" * 40), "us")


class Observer:
    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.size = (0, 0)

    def on_cache(self, result: str, count: int = 1) -> None:
        self.counts[result] = self.counts.get(result, 0) + count

    def on_cache_size(self, entries: int, weight: int) -> None:
        self.size = (entries, weight)


class Apple:
    """Answers with the question, when it is let."""

    def __init__(self) -> None:
        self.asked: list[list[Hashable]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.failure: Exception | None = None
        self.nothing: set[Hashable] = set()

    async def many(self, keys: Sequence[Hashable]) -> dict[Hashable, Any]:
        self.asked.append(list(keys))
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return {key: f"answer {key}" for key in keys if key not in self.nothing}


class Setting:
    def __init__(self, limits: CacheLimits = LIMITS) -> None:
        self.time, self.observer, self.apple = FakeTime(), Observer(), Apple()
        self.cache = AnswerCache(limits, self.observer, clock=self.time.monotonic)

    async def read(self, *keys: Hashable, keep: bool = True) -> list[Any]:
        found = await self.cache.get_many(list(keys), self.apple.many, keep=keep)
        return [found[key] for key in keys]


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_a_second_read_asks_nobody() -> None:
    setting = Setting()
    assert await setting.read("a") == ["answer a"]
    assert await setting.read("a") == ["answer a"]
    assert setting.apple.asked == [["a"]]
    assert setting.observer.counts == {"miss": 1, "hit": 1}
    assert setting.observer.size[0] == 1


async def test_only_what_is_not_known_is_asked_for() -> None:
    setting = Setting()
    await setting.read("a", "b")
    assert await setting.read("a", "c") == ["answer a", "answer c"]
    assert setting.apple.asked == [["a", "b"], ["c"]]


async def test_answers_grow_old_and_absence_sooner() -> None:
    setting = Setting()
    setting.apple.nothing = {"b"}
    assert await setting.read("a", "b") == ["answer a", None]
    setting.time.seconds = 4.9
    await setting.read("a", "b")
    assert len(setting.apple.asked) == 1
    setting.time.seconds = 5
    await setting.read("a", "b")
    assert setting.apple.asked[1:] == [["b"]]
    setting.time.seconds = 60
    await setting.read("a")
    assert setting.apple.asked[2:] == [["a"]]


async def test_the_least_recently_used_goes_first() -> None:
    setting = Setting()
    await setting.read("a")
    await setting.read("b")
    await setting.read("c")
    await setting.read("a")
    await setting.read("d")
    setting.apple.asked.clear()
    await setting.read("a", "c", "d")
    assert setting.apple.asked == []
    await setting.read("b")
    assert setting.apple.asked == [["b"]]
    assert setting.observer.size[0] == 3


async def test_bytes_are_bounded_too() -> None:
    setting = Setting(CacheLimits(entries=1000, weight=1000, seconds=60))
    for number in range(50):
        await setting.read(f"key {number}")
        assert setting.observer.size[1] <= 1000
    assert 2 < setting.observer.size[0] < 8
    await setting.cache.get("huge", lambda: answer_of("x" * 2000))
    assert await setting.read("key 49") == ["answer key 49"]
    assert setting.observer.counts["hit"] == 1


async def answer_of(text: str) -> str:
    return text


async def test_nothing_is_remembered_without_room() -> None:
    setting = Setting(CacheLimits(entries=0))
    await setting.read("a")
    await setting.read("a")
    assert len(setting.apple.asked) == 2


async def test_many_at_once_ask_once() -> None:
    setting = Setting()
    setting.apple.gate.clear()
    readers = [asyncio.ensure_future(setting.read("a")) for _ in range(50)]
    await turns()
    setting.apple.gate.set()
    assert await asyncio.gather(*readers) == [["answer a"]] * 50
    assert setting.apple.asked == [["a"]]
    assert setting.observer.counts == {"miss": 1, "joined": 49}


async def test_batches_that_overlap_share_what_is_on_its_way() -> None:
    setting = Setting()
    setting.apple.gate.clear()
    first = asyncio.ensure_future(setting.read("a", "b"))
    await turns()
    second = asyncio.ensure_future(setting.read("b", "c"))
    await turns()
    setting.apple.gate.set()
    assert await first == ["answer a", "answer b"]
    assert await second == ["answer b", "answer c"]
    assert setting.apple.asked == [["a", "b"], ["c"]]


async def test_the_first_may_leave_while_others_wait() -> None:
    setting = Setting()
    setting.apple.gate.clear()
    first = asyncio.ensure_future(setting.read("a"))
    await turns()
    second = asyncio.ensure_future(setting.read("a"))
    await turns()
    first.cancel()
    await turns()
    setting.apple.gate.set()
    assert await second == ["answer a"]
    assert setting.apple.asked == [["a"]]


async def test_when_all_leave_the_question_is_called_back() -> None:
    setting = Setting()
    setting.apple.gate.clear()
    reader = asyncio.ensure_future(setting.read("a"))
    await turns()
    reader.cancel()
    await turns()
    assert len(asyncio.all_tasks()) == 1
    # Another who comes right then asks anew, and is not disturbed by the end of the first.
    setting.apple.gate.set()
    assert await setting.read("a") == ["answer a"]
    assert len(setting.apple.asked) == 2


async def test_a_failure_reaches_all_who_wait_and_is_not_remembered() -> None:
    setting = Setting()
    setting.apple.gate.clear()
    setting.apple.failure = UnavailableError(Reason.UPSTREAM_TIMEOUT, "late")
    readers = [asyncio.ensure_future(setting.read("a")) for _ in range(3)]
    await turns()
    setting.apple.gate.set()
    results = await asyncio.gather(*readers, return_exceptions=True)
    assert all(isinstance(each, UnavailableError) for each in results)
    setting.apple.failure = None
    assert await setting.read("a") == ["answer a"]


async def test_what_is_not_to_be_kept_is_only_shared() -> None:
    setting = Setting()
    await setting.read("a", keep=False)
    await setting.read("a", keep=False)
    assert len(setting.apple.asked) == 2


def test_weights_grow_with_what_is_held() -> None:
    small, large = Song("1", "One"), Song("1", "One", artwork=Artwork("x" * 1000))
    assert weigh(large) > weigh(small) + 1000
    assert weigh((small, small)) > 2 * weigh(small)


def catalog_of(inner: RecordingCatalog) -> CachedCatalog:
    cache = AnswerCache(CacheLimits(), Observer(), clock=FakeTime().monotonic)
    return CachedCatalog(inner, cache)


async def test_songs_are_remembered_one_by_one() -> None:
    inner = RecordingCatalog(known={key: Song(key, key) for key in "123"})
    catalog, us = catalog_of(inner), CatalogScope("us")
    await catalog.fetch(Song, ["1", "2"], us)
    found = await catalog.fetch(Song, ["3", "2", "404", "3"], us)
    assert [each.id for each in found.items] == ["3", "2"]
    assert found.missing_ids == ("404",)
    assert await catalog.fetch(Song, ["2", "404"], us) == Found((Song("2", "2"),), ("404",))
    assert len(inner.scopes) == 2


@pytest.mark.parametrize(
    "other",
    [CatalogScope("de"), CatalogScope("us", language="es-MX"), CatalogScope("us", full=True)],
)
async def test_storefront_language_and_view_are_told_apart(other: CatalogScope) -> None:
    inner = RecordingCatalog()
    catalog = catalog_of(inner)
    for scope in (CatalogScope("us"), other, CatalogScope("us"), other):
        await catalog.fetch(Song, ["1"], scope)
        await catalog.search("a", [ResourceType.SONG], scope, limit=5, offset=0, top_results=False)
    assert len(inner.scopes) == 4


async def test_accounts_share_what_does_not_depend_on_them() -> None:
    inner = RecordingCatalog()
    catalog = catalog_of(inner)
    for listener in (ANNA, Listener("ben", Secret("b" * 40), "us"), None):
        await catalog.fetch(Song, ["1"], CatalogScope("us", listener=listener))
    assert len(inner.scopes) == 1


async def test_what_depends_on_an_account_is_asked_every_time() -> None:
    """A favorite that was just set has to show."""
    inner = RecordingCatalog()
    catalog, mine = catalog_of(inner), CatalogScope("us", full=True, listener=ANNA)
    for _ in range(2):
        await catalog.fetch(Song, ["1"], mine)
        await catalog.album_tracks("1", mine, limit=5, offset=0)
    assert len(inner.scopes) == 4


async def test_pages_are_told_apart() -> None:
    inner = RecordingCatalog()
    catalog, us = catalog_of(inner), CatalogScope("us")
    for _ in range(2):
        for offset in (0, 5):
            await catalog.album_tracks("1", us, limit=5, offset=offset)
            await catalog.playlist_tracks("1", us, limit=5, offset=offset)
            await catalog.artist_top_songs("1", us, limit=5, offset=offset)
            await catalog.similar_artists("1", us, limit=5, offset=offset)
    assert len(inner.scopes) == 8
