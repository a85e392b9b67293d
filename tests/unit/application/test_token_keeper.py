"""What is done for tokens as time goes by: once, in time, and not too often."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applemusic_server.application.accounts import AccountChange
from applemusic_server.application.renewals import RenewalOutcome
from applemusic_server.domain.account import Account, SubscriptionState
from applemusic_server.domain.errors import Reason, UnavailableError
from applemusic_server.domain.gateways import ListenerProfile
from applemusic_server.domain.secret import Secret
from applemusic_server.domain.token_care import TokenCare, care_of, due_warning, renewal_is_due
from tests.support.application import US
from tests.support.tokens import AWAY, NEW, OLD, REFUSED, Everything

EXPIRING = (AccountChange.EXPIRING, "anna")


@pytest.fixture
async def all_of() -> Everything:
    made = Everything()
    await made.sign_in()
    return made


async def test_a_token_is_renewed_at_three_quarters_of_its_life(all_of: Everything) -> None:
    all_of.wait(days=134, hours=23)
    await all_of.keeper.round()
    assert not all_of.gateway.asked
    all_of.wait(hours=1)
    await all_of.keeper.round()
    assert (await all_of.accounts.get("anna")).music_user_token == NEW
    assert all_of.changes == [(AccountChange.RENEWED, "anna")]
    for _ in range(10):
        all_of.wait(days=13)
        await all_of.keeper.round()
    assert all_of.gateway.asked == ["anna"]
    assert all_of.changes == [(AccountChange.RENEWED, "anna")]  # and nobody was alarmed


async def test_refused_renewals_are_tried_ever_more_rarely(all_of: Everything) -> None:
    all_of.gateway.error = REFUSED
    all_of.wait(days=135)
    tried = []
    for hour in range(45 * 24):
        before = len(all_of.gateway.asked)
        await all_of.keeper.round()
        if len(all_of.gateway.asked) > before:
            tried.append(hour // 24)
        all_of.wait(hours=1)
    assert tried == [0, 1, 3, 7, 14, 21, 28, 35, 42]
    assert (await all_of.accounts.get("anna")).music_user_token == OLD


async def test_an_apple_that_does_not_answer_is_asked_again_soon(all_of: Everything) -> None:
    all_of.gateway.error = AWAY
    all_of.wait(days=135)
    for _ in range(24 * 6):
        await all_of.keeper.round()
        all_of.wait(minutes=10)
    # At once, after 10, 20, 40, 80, 160 and 320 minutes, then every 6 hours.
    assert len(all_of.gateway.asked) == 9
    assert set(all_of.observer.outcomes) == {RenewalOutcome.FAILED}
    all_of.gateway.error = None
    all_of.wait(hours=6)
    await all_of.keeper.round()
    assert (await all_of.accounts.get("anna")).music_user_token == NEW


async def test_each_threshold_is_told_exactly_once(all_of: Everything) -> None:
    all_of.gateway.error = REFUSED
    all_of.wait(days=149)
    told = {}
    for hour in range(32 * 24):
        before = len(all_of.changes)
        await all_of.keeper.round()
        if len(all_of.changes) > before:
            told[hour] = all_of.changes[before:]
        all_of.wait(hours=1)
    # At 150, 166 and 177 days: 30, 14 and 3 are left.
    assert told == {24: [EXPIRING], 17 * 24: [EXPIRING], 28 * 24: [EXPIRING]}


async def test_a_restart_tells_nothing_twice(all_of: Everything) -> None:
    all_of.gateway.error = REFUSED
    all_of.wait(days=151)
    await all_of.keeper.round()
    assert all_of.changes == [EXPIRING]
    again = Everything(all_of, holder="one")
    for _ in range(3):
        await again.keeper.round()
    assert not again.changes
    again.wait(days=27)  # The server was off: the most urgent warning makes the others pointless.
    await again.keeper.round()
    await again.keeper.round()
    assert again.changes == [EXPIRING]
    assert all_of.care.cares["anna"].warned_days == 3


async def test_a_new_token_begins_anew(all_of: Everything) -> None:
    all_of.gateway.error = REFUSED
    all_of.wait(days=151)
    await all_of.keeper.round()
    await all_of.accounts.submit("anna", NEW, "")
    all_of.changes.clear()
    all_of.wait(days=150)
    await all_of.keeper.round()
    assert all_of.changes == [EXPIRING]


async def test_another_replica_takes_over_and_tells_its_own_watchers(all_of: Everything) -> None:
    other = Everything(all_of, holder="two")
    await other.keeper.round()
    all_of.gateway.error = REFUSED
    all_of.wait(days=151)
    await all_of.keeper.round()
    await other.keeper.round()
    assert all_of.gateway.asked == ["anna"]
    assert all_of.changes == other.changes == [EXPIRING]
    all_of.gateway.error = None
    all_of.wait(days=8)
    await other.keeper.round()
    await all_of.keeper.round()
    renewed = (AccountChange.RENEWED, "anna")
    assert all_of.changes == other.changes == [EXPIRING, renewed]


async def test_a_replica_that_waited_for_its_turn_does_not_do_it_again(
    all_of: Everything,
) -> None:
    """Both see that something is due; the second gets the lease when the first is done."""
    other = Everything(all_of, holder="two")
    await other.keeper.round()
    all_of.gateway.error = REFUSED
    all_of.wait(days=151)
    acquire = all_of.leases.acquire

    async def after_the_first(name: str, holder: str, seconds: float) -> bool:
        if holder == "two":
            all_of.leases.acquire = acquire  # type: ignore[method-assign]  # as it was
            await all_of.keeper.round()
        return await acquire(name, holder, seconds)

    all_of.leases.acquire = after_the_first  # type: ignore[method-assign]  # for a moment
    await other.keeper.round()
    assert all_of.gateway.asked == ["anna"]
    assert all_of.changes == other.changes == [EXPIRING]


async def test_what_another_replica_did_is_told_by_its_kind(all_of: Everything) -> None:
    other = Everything(all_of, holder="two")
    await other.keeper.round()
    await all_of.accounts.submit("berta", NEW, "Berta")
    await other.keeper.round()
    await all_of.accounts.submit("berta", NEW, "Bertha")
    await other.keeper.round()
    await all_of.store.put((await all_of.accounts.get("anna")).with_rejected())
    await other.keeper.round()
    await all_of.accounts.submit("anna", Secret("third-token-0000000000000000000000=="), "")
    await other.keeper.round()
    await all_of.signing_out.sign_out("berta", revoke_at_apple=False)
    await other.keeper.round()
    await other.keeper.round()
    assert other.changes == [
        (AccountChange.SIGNED_IN, "berta"),
        (AccountChange.UPDATED, "berta"),
        (AccountChange.REJECTED, "anna"),
        (AccountChange.SIGNED_IN, "anna"),
        (AccountChange.SIGNED_OUT, "berta"),
    ]


async def test_subscriptions_are_asked_about_from_time_to_time(all_of: Everything) -> None:
    for _ in range(24):
        await all_of.keeper.round()
        all_of.wait(hours=1)
    assert not all_of.listeners.asked
    all_of.listeners.profile_of_all = ListenerProfile(US, SubscriptionState.INACTIVE)
    await all_of.keeper.round()
    assert all_of.changes == [(AccountChange.UPDATED, "anna")]
    assert (await all_of.accounts.get("anna")).subscription_state is SubscriptionState.INACTIVE
    all_of.listeners.profile_of_all = ListenerProfile(US, SubscriptionState.ACTIVE)
    all_of.wait(hours=1)  # Who subscribes does not want to wait for a day.
    await all_of.keeper.round()
    assert len(all_of.listeners.asked) == 2
    assert len(all_of.changes) == 2


async def test_an_unanswered_question_changes_nothing_and_waits(all_of: Everything) -> None:
    before = await all_of.accounts.get("anna")
    all_of.listeners.error = AWAY
    all_of.wait(days=1)
    for _ in range(60):
        await all_of.keeper.round()
        all_of.wait(seconds=10)
    assert len(all_of.listeners.asked) == 1
    assert await all_of.accounts.get("anna") == before


async def test_what_apple_does_not_say_stays(all_of: Everything) -> None:
    all_of.listeners.profile_of_all = ListenerProfile(US, SubscriptionState.UNKNOWN)
    all_of.wait(days=1)
    await all_of.keeper.round()
    assert (await all_of.accounts.get("anna")).subscription_state is SubscriptionState.ACTIVE
    assert not all_of.changes


async def test_a_token_of_another_team_is_not_given_up_for_it(all_of: Everything) -> None:
    account = await all_of.accounts.get("anna")
    await all_of.store.put(replace(account, team_id="OTHERTEAM1"))
    await all_of.keeper.round()
    all_of.changes.clear()
    all_of.wait(days=151)
    await all_of.keeper.round()
    assert not all_of.listeners.asked
    assert not all_of.gateway.asked
    assert all_of.changes == [EXPIRING]


async def test_one_account_does_not_keep_the_others_from_being_looked_after(
    all_of: Everything,
) -> None:
    await all_of.sign_in("berta", NEW)
    all_of.store.accounts["anna"] = replace(all_of.store.accounts["anna"], music_user_token=None)
    all_of.gateway.error = REFUSED
    all_of.wait(days=151)
    await all_of.keeper.round()
    assert all_of.gateway.asked == ["berta"]


async def test_a_database_that_is_away_ends_nothing(all_of: Everything) -> None:
    async def fail() -> tuple[Account, ...]:
        raise UnavailableError(Reason.STORAGE_UNAVAILABLE, "locked")

    all_of.store.list = fail  # type: ignore[method-assign]  # for a moment
    await all_of.keeper.round()
    del all_of.store.list
    all_of.wait(days=135)
    await all_of.keeper.round()
    assert all_of.gateway.asked == ["anna"]


@given(st.integers(0, 200 * 24), st.sampled_from([0, 30, 14, 3]), st.booleans())
def test_warnings_only_become_more_urgent(hours: int, warned: int, rejected: bool) -> None:  # noqa: FBT001 - drawn
    made = Everything()
    account = Account("anna", OLD, "us", made.now, rejected=rejected)
    care = TokenCare(made.now, warned_days=warned)
    now = made.now + timedelta(hours=hours)
    days = due_warning(account, care, now)
    left = account.token_assumed_expire_time - now
    assert days in (0, 30, 14, 3)
    if days:
        assert not rejected
        assert left <= timedelta(days=days)
        assert not warned or days < warned
        assert due_warning(account, care.after_warning(days), now) == 0


def test_care_of_another_token_counts_for_nothing() -> None:
    made = Everything()
    account = Account("anna", OLD, "us", made.now)
    old = TokenCare(made.now - timedelta(days=1), 3, 9, made.now + timedelta(days=9))
    assert care_of(account, old) == TokenCare(made.now)
    assert care_of(account, None) == TokenCare(made.now)
    tired = TokenCare(made.now, failures=10**6)
    later = tired.after_attempt(made.now, refused=True).next_attempt_time
    assert later == made.now + timedelta(days=7)
    due = made.now + timedelta(days=140)
    assert renewal_is_due(account, TokenCare(made.now), due)
    assert not renewal_is_due(account.with_rejected(), TokenCare(made.now), due)
