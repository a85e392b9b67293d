"""A store that notices what other servers did to it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from applemusic_server.application.watched_store import WatchedAccountStore
from applemusic_server.domain.account import Account
from applemusic_server.domain.secret import Secret
from tests.support.application import MemoryStore

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ANNA = Account("anna", Secret("t" * 40), "de", NOW)


class Setting:
    def __init__(self) -> None:
        self.shared, self.told = MemoryStore(), list[str]()
        self.watched = WatchedAccountStore(self.shared, self.told.append)
        self.other = WatchedAccountStore(self.shared, lambda _: None)


@pytest.fixture
async def setting() -> Setting:
    setting = Setting()
    await setting.watched.put(ANNA)
    return setting


async def test_what_this_server_does_is_not_news(setting: Setting) -> None:
    assert await setting.watched.update("anna", Account.with_rejected)
    assert await setting.watched.get("anna") == ANNA.with_rejected()
    assert await setting.watched.delete("anna")
    assert await setting.watched.get("anna") is None
    assert await setting.watched.list() == ()

    assert setting.told == []


@pytest.mark.parametrize(
    "after",
    [
        replace(ANNA, music_user_token=Secret("n" * 40)),
        replace(ANNA, storefront="us"),
        ANNA.with_rejected(),
    ],
)
async def test_what_another_does_is_told_once_at_the_next_sight(
    setting: Setting, after: Account
) -> None:
    await setting.other.put(after)

    assert await setting.watched.get("anna") == after
    assert await setting.watched.list() == (after,)

    assert setting.told == ["anna"]


async def test_a_mere_look_by_another_is_no_news(setting: Setting) -> None:
    await setting.other.put(ANNA.with_verified(NOW + timedelta(hours=1)))

    await setting.watched.get("anna")

    assert setting.told == []


async def test_who_came_and_who_went_is_told(setting: Setting) -> None:
    await setting.other.put(replace(ANNA, id="berta"))
    await setting.other.delete("anna")

    assert [each.id for each in await setting.watched.list()] == ["berta"]
    assert sorted(setting.told) == ["anna", "berta"]

    await setting.other.put(ANNA)
    await setting.watched.get("anna")
    assert setting.told.count("anna") == 2


async def test_what_a_change_meets_is_noticed(setting: Setting) -> None:
    await setting.other.put(replace(ANNA, storefront="us"))

    assert await setting.watched.update("anna", lambda _: None) is None
    await setting.watched.get("anna")

    assert setting.told == ["anna"]


async def test_ids_that_nobody_has_are_not_remembered(setting: Setting) -> None:
    for number in range(100):
        assert await setting.watched.get(f"x{number}") is None

    assert len(setting.watched._known) == 1
    assert setting.told == []
