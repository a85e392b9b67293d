"""Signing in by hand, and choosing the account a call is for."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applemusic_server.application.accounts import AccountChange, Accounts
from applemusic_server.domain.access import PermittedAccounts
from applemusic_server.domain.account import Account, SubscriptionState
from applemusic_server.domain.errors import (
    AppleMusicError,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    Reason,
    UnauthenticatedError,
    UnavailableError,
)
from applemusic_server.domain.gateways import ListenerProfile
from applemusic_server.domain.secret import Secret
from tests.support.apple_server import USER_CANARY, FakeTime, FixedToken
from tests.support.application import DE, Listeners, MemoryStore

TOKEN = Secret(USER_CANARY)
OTHER = Secret("another-token-000000000000000000000==")


class Setting:
    def __init__(self) -> None:
        self.store, self.listeners, self.time = MemoryStore(), Listeners(), FakeTime()
        self.changes: list[tuple[AccountChange, str]] = []
        self.accounts = Accounts(
            self.store,
            self.listeners,
            FixedToken(),
            clock=self.time.utc,
            on_change=[lambda change, account: self.changes.append((change, account.id))],
        )


@pytest.fixture
def setting() -> Setting:
    return Setting()


async def test_a_good_token_is_stored_with_what_apple_says(setting: Setting) -> None:
    account = await setting.accounts.submit("anna", TOKEN, " Anna ")
    assert account == Account(
        id="anna",
        music_user_token=TOKEN,
        storefront="us",
        token_first_seen_time=setting.time.now,
        display_name="Anna",
        language_tags=("en-US", "es-MX", "zh-Hans-CN", "pt-BR"),
        subscription_state=SubscriptionState.ACTIVE,
        last_verified_time=setting.time.now,
        team_id="TEAM000001",
    )
    assert setting.store.accounts == {"anna": account}
    assert setting.changes == [(AccountChange.SIGNED_IN, "anna")]
    assert await setting.accounts.list() == (account,)
    assert "canary" not in repr(account)


async def test_signing_in_again_keeps_age_and_name(setting: Setting) -> None:
    first = await setting.accounts.submit("anna", TOKEN, "Anna")
    setting.time.now += timedelta(days=100)
    same = await setting.accounts.submit("anna", TOKEN, "")
    assert same.token_first_seen_time == first.token_first_seen_time
    assert same.display_name == "Anna"
    setting.listeners.profile_of_all = ListenerProfile(DE, SubscriptionState.INACTIVE)
    new = await setting.accounts.submit("anna", OTHER, "Änne 👩‍🎤")
    assert new.token_first_seen_time == setting.time.now
    assert (new.storefront, new.subscription_state) == ("de", SubscriptionState.INACTIVE)
    assert new.display_name == "Änne 👩‍🎤"


async def test_one_token_is_behind_one_account(setting: Setting) -> None:
    await setting.accounts.submit("anna", TOKEN, "Anna")
    setting.listeners.asked.clear()
    for account in ("berta", "anna-2"):
        with pytest.raises(FailedPreconditionError) as caught:
            await setting.accounts.submit(account, Secret(f" {USER_CANARY}\n"), "")
        assert caught.value.reason is Reason.MUSIC_USER_TOKEN_IN_USE
        assert caught.value.metadata == {"account": account}
        assert "'anna'" not in caught.value.message
        assert "canary" not in caught.value.message
    assert not setting.listeners.asked  # Nothing that Apple says could make it right.
    assert list(setting.store.accounts) == ["anna"]

    assert (await setting.accounts.submit("anna", TOKEN, "")).display_name == "Anna"
    await setting.accounts.submit("anna", OTHER, "")
    assert (await setting.accounts.submit("berta", TOKEN, "")).music_user_token == TOKEN


async def test_an_account_that_the_caller_may_not_touch_counts_and_is_not_named(
    setting: Setting,
) -> None:
    permitted = PermittedAccounts()
    accounts = Accounts(
        setting.store,
        setting.listeners,
        FixedToken(),
        clock=setting.time.utc,
        permitted=permitted,
    )
    await accounts.submit("anna", TOKEN, "")
    with (
        permitted.limited_to(frozenset({"berta"})),
        pytest.raises(FailedPreconditionError) as caught,
    ):
        await accounts.submit("", TOKEN, "")
    assert caught.value.reason is Reason.MUSIC_USER_TOKEN_IN_USE
    assert "anna" not in f"{caught.value.message}{caught.value.metadata}"


async def test_of_two_who_bring_a_token_at_once_one_gets_it(setting: Setting) -> None:
    asked: list[str] = []
    both = asyncio.Event()
    really = setting.listeners.profile

    async def slow(account_id: str, token: Secret) -> ListenerProfile:
        asked.append(account_id)
        if len(asked) == 2:
            both.set()
        await both.wait()
        return await really(account_id, token)

    setting.listeners.profile = slow  # type: ignore[method-assign,assignment] # what happens meanwhile
    ended = await asyncio.gather(
        *(setting.accounts.submit(each, TOKEN, "") for each in ("anna", "berta")),
        return_exceptions=True,
    )
    assert len(setting.store.accounts) == 1
    (refused,) = [each for each in ended if isinstance(each, AppleMusicError)]
    assert refused.reason is Reason.MUSIC_USER_TOKEN_IN_USE


async def test_a_rejected_token_is_not_stored(setting: Setting) -> None:
    setting.listeners.error = UnauthenticatedError(Reason.MUSIC_USER_TOKEN_REJECTED, "no")
    with pytest.raises(UnauthenticatedError):
        await setting.accounts.submit("anna", TOKEN, "")
    assert not setting.store.accounts
    assert not setting.changes


async def test_an_empty_id_means_the_only_account_or_default(setting: Setting) -> None:
    assert (await setting.accounts.submit("", TOKEN, "")).id == "default"
    assert (await setting.accounts.submit("", OTHER, "")).id == "default"
    await setting.accounts.submit("anna", TOKEN, "")
    assert (await setting.accounts.submit("", OTHER, "")).id == "default"
    await setting.store.delete("default")
    assert (await setting.accounts.submit("", OTHER, "")).id == "anna"


@pytest.mark.parametrize(
    ("account", "token", "name", "field"),
    [
        ("Anna", USER_CANARY, "", "account"),
        ("../x", USER_CANARY, "", "account"),
        ("a" * 65, USER_CANARY, "", "account"),
        ("anna", "", "", "music_user_token"),
        ("anna", "short", "", "music_user_token"),
        ("anna", "x" * 31, "", "music_user_token"),
        ("anna", "x" * 5000, "", "music_user_token"),
        ("anna", "canary with blanks inside of it 000000000000", "", "music_user_token"),
        ("anna", "canary\r\nX-Injected: 1 0000000000000000", "", "music_user_token"),
        ("anna", "ünïcödé" * 10, "", "music_user_token"),
        ("anna", USER_CANARY, "a\nb", "display_name"),
        ("anna", USER_CANARY, "x" * 201, "display_name"),
    ],
)
async def test_bad_fields(
    setting: Setting, account: str, token: str, name: str, field: str
) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        await setting.accounts.submit(account, Secret(token), name)
    assert caught.value.metadata == {"field": field}
    assert "canary" not in str(caught.value)
    assert not setting.listeners.asked


async def test_blanks_around_a_token_are_cut(setting: Setting) -> None:
    account = await setting.accounts.submit("anna", Secret(f"\n {USER_CANARY} \r\n"), "")
    assert account.music_user_token == TOKEN


@given(st.text(max_size=80))
async def test_any_text_is_stored_as_a_header_can_carry_it_or_refused(text: str) -> None:
    setting = Setting()
    try:
        account = await setting.accounts.submit("anna", Secret(text), "")
    except InvalidArgumentError:
        return
    assert account.music_user_token is not None
    value = account.music_user_token.reveal()
    assert value.isascii()
    assert value.isprintable()
    assert len(value) >= 32


async def test_which_account_is_meant(setting: Setting) -> None:
    with pytest.raises(FailedPreconditionError) as none:
        await setting.accounts.get("")
    assert none.value.reason is Reason.ACCOUNT_REQUIRED
    assert none.value.metadata == {"accounts": "0"}
    await setting.accounts.submit("anna", TOKEN, "")
    assert (await setting.accounts.get("")).id == "anna"
    await setting.accounts.submit("ben", OTHER, "")
    with pytest.raises(FailedPreconditionError) as several:
        await setting.accounts.get("")
    assert several.value.metadata == {"accounts": "2"}
    assert (await setting.accounts.get("ben")).id == "ben"
    with pytest.raises(NotFoundError) as unknown:
        await setting.accounts.get("carl")
    assert unknown.value.reason is Reason.ACCOUNT_NOT_FOUND
    assert unknown.value.metadata == {"account": "carl"}
    with pytest.raises(InvalidArgumentError):
        await setting.accounts.get("Carl\n")


async def test_a_listener_is_who_can_be_used(setting: Setting) -> None:
    account = await setting.accounts.submit("anna", TOKEN, "")
    setting.listeners.asked.clear()
    listener = await setting.accounts.resolve("")
    assert (listener.account_id, listener.music_user_token, listener.storefront) == (
        "anna",
        TOKEN,
        "us",
    )
    cases = [
        (replace(account, music_user_token=None), Reason.STORAGE_KEY_MISMATCH),
        (replace(account, rejected=True), Reason.MUSIC_USER_TOKEN_REJECTED),
        (replace(account, team_id="TEAM000002"), Reason.MUSIC_USER_TOKEN_TEAM_MISMATCH),
    ]
    for stored, reason in cases:
        await setting.store.put(stored)
        with pytest.raises(AppleMusicError) as caught:
            await setting.accounts.resolve("anna")
        assert caught.value.reason is reason
        assert caught.value.metadata["account"] == "anna"
    assert not setting.listeners.asked  # Apple is not asked about what is known.


async def test_rejection_and_acceptance_are_remembered(setting: Setting) -> None:
    await setting.accounts.submit("anna", TOKEN, "")
    listener = await setting.accounts.resolve("anna")
    setting.listeners.error = UnauthenticatedError(Reason.MUSIC_USER_TOKEN_REJECTED, "dead")
    await setting.accounts.mark_rejected(listener)
    await setting.accounts.mark_rejected(listener)
    assert len(setting.listeners.asked) == 2  # when it was handed in, and once to be sure
    assert [each.rejected for each in await setting.accounts.list()] == [True]
    assert setting.changes[1:] == [(AccountChange.REJECTED, "anna")]
    setting.time.now += timedelta(hours=1)
    setting.listeners.error = None
    await setting.accounts.verify(setting.store.accounts["anna"])
    assert not setting.store.accounts["anna"].rejected
    assert setting.store.accounts["anna"].last_verified_time == setting.time.now
    assert setting.changes[2:] == [(AccountChange.UPDATED, "anna")]


async def test_a_refusal_that_apple_does_not_confirm_is_not_remembered(setting: Setting) -> None:
    await setting.accounts.submit("anna", TOKEN, "")
    listener = await setting.accounts.resolve("anna")
    setting.time.now += timedelta(hours=1)
    setting.listeners.error = UnavailableError(Reason.UPSTREAM_UNAVAILABLE, "not now")
    await setting.accounts.mark_rejected(listener)
    assert not setting.store.accounts["anna"].rejected
    assert setting.store.accounts["anna"].last_verified_time != setting.time.now
    setting.listeners.error = None  # Apple takes the token: it was not what the call failed for.
    await setting.accounts.mark_rejected(listener)
    assert not setting.store.accounts["anna"].rejected
    assert setting.store.accounts["anna"].last_verified_time == setting.time.now
    assert await setting.accounts.resolve("anna") == listener


async def test_a_late_rejection_does_not_hit_a_new_token(setting: Setting) -> None:
    await setting.accounts.submit("anna", TOKEN, "")
    listener = await setting.accounts.resolve("anna")
    await setting.accounts.submit("anna", OTHER, "")
    setting.listeners.error = UnauthenticatedError(Reason.MUSIC_USER_TOKEN_REJECTED, "dead")
    await setting.accounts.mark_rejected(listener)
    assert not setting.store.accounts["anna"].rejected
    await setting.store.delete("anna")
    await setting.accounts.mark_rejected(listener)
    assert not setting.store.accounts
