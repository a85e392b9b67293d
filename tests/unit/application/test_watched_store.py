"""A store that notices what other servers did to it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from applemusic_server.application.account_events import AccountEvents
from applemusic_server.application.accounts import AccountChange
from applemusic_server.application.watched_store import WatchedAccountStore
from applemusic_server.domain.account import Account
from applemusic_server.domain.secret import Secret
from tests.support.application import MemoryStore

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ANNA = Account("anna", Secret("t" * 40), "de", NOW)
BERTA = replace(ANNA, id="berta", music_user_token=Secret("b" * 40))


class Setting:
    """One server; what others do is done to `shared`."""

    def __init__(self) -> None:
        self.shared, self.told = MemoryStore(), list[tuple[AccountChange, str]]()
        self.events = AccountEvents(
            self.shared,
            clock=lambda: NOW,
            listeners=[lambda change, account: self.told.append((change, account.id))],
        )
        self.watched = WatchedAccountStore(self.shared, self.events)


@pytest.fixture
async def setting() -> Setting:
    setting = Setting()
    await setting.shared.put(ANNA)
    await setting.watched.list()
    return setting


async def test_how_things_were_at_the_start_is_no_news() -> None:
    setting = Setting()
    await setting.shared.put(ANNA)
    assert await setting.watched.get("anna") == ANNA
    assert await setting.watched.list() == (ANNA,)
    assert setting.told == []


async def test_what_this_server_does_is_told_once_however_it_is_read_meanwhile(
    setting: Setting,
) -> None:
    for read_first in (False, True):
        setting.told.clear()
        after = await setting.watched.update("anna", lambda each: replace(each, rejected=True))
        assert after is not None
        if read_first:
            assert await setting.watched.get("anna") == after
        setting.events.tell(AccountChange.REJECTED, after)
        assert await setting.watched.list() == (after,)
        assert setting.told == [(AccountChange.REJECTED, "anna")]

        assert await setting.watched.delete("anna")
        if read_first:
            assert await setting.watched.get("anna") is None
        setting.events.tell(AccountChange.SIGNED_OUT, after)
        assert await setting.watched.list() == ()
        assert setting.told[1:] == [(AccountChange.SIGNED_OUT, "anna")]

        await setting.watched.put(ANNA)
        if read_first:
            await setting.watched.list()
        setting.events.tell(AccountChange.SIGNED_IN, ANNA)
        assert await setting.watched.get("anna") == ANNA
        assert setting.told[2:] == [(AccountChange.SIGNED_IN, "anna")]


@pytest.mark.parametrize(
    ("after", "change"),
    [
        (replace(ANNA, music_user_token=Secret("n" * 40)), AccountChange.SIGNED_IN),
        (
            replace(ANNA, music_user_token=Secret("n" * 40), token_renewed_time=NOW),
            AccountChange.RENEWED,
        ),
        (replace(ANNA, storefront="us"), AccountChange.UPDATED),
        (ANNA.with_rejected(), AccountChange.REJECTED),
        (replace(ANNA, music_user_token=None), AccountChange.UPDATED),
    ],
)
async def test_what_another_does_is_told_once_at_the_next_sight(
    setting: Setting, after: Account, change: AccountChange
) -> None:
    await setting.shared.put(after)

    assert await setting.watched.get("anna") == after
    assert await setting.watched.list() == (after,)

    assert setting.told == [(change, "anna")]


async def test_a_mere_look_by_another_is_no_news(setting: Setting) -> None:
    await setting.shared.put(ANNA.with_verified(NOW + timedelta(hours=1)))

    await setting.watched.get("anna")

    assert setting.told == []


async def test_who_came_and_who_went_is_told(setting: Setting) -> None:
    await setting.shared.put(BERTA)
    await setting.shared.delete("anna")

    assert [each.id for each in await setting.watched.list()] == ["berta"]
    assert setting.told == [
        (AccountChange.SIGNED_OUT, "anna"),
        (AccountChange.SIGNED_IN, "berta"),
    ]

    await setting.shared.put(ANNA)
    await setting.watched.get("anna")
    assert setting.told[2:] == [(AccountChange.SIGNED_IN, "anna")]


async def test_what_was_read_before_a_change_of_this_server_tells_nothing(
    setting: Setting,
) -> None:
    """A slow read brings the account as it was."""
    really = setting.shared.get

    async def slow(account_id: str) -> Account | None:
        found = await really(account_id)
        await setting.watched.delete("anna")
        setting.events.tell(AccountChange.SIGNED_OUT, ANNA)
        return found

    setting.shared.get = slow  # type: ignore[method-assign]  # for a moment
    assert await setting.watched.get("anna") == ANNA
    setting.shared.get = really  # type: ignore[method-assign]  # as it was
    assert await setting.watched.get("anna") is None
    assert setting.told == [(AccountChange.SIGNED_OUT, "anna")]


async def test_what_a_change_meets_is_noticed_at_the_next_sight(setting: Setting) -> None:
    await setting.shared.put(replace(ANNA, storefront="us"))

    assert await setting.watched.update("anna", lambda _: None) is None
    await setting.watched.get("anna")

    assert setting.told == [(AccountChange.UPDATED, "anna")]


async def test_ids_that_nobody_has_are_not_remembered(setting: Setting) -> None:
    for number in range(100):
        assert await setting.watched.get(f"x{number}") is None

    assert len(setting.events._known or {}) == 1
    assert setting.told == []
