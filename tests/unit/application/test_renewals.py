"""A token is replaced when it is proven, by one of many, and kept otherwise."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from applemusic_server.application.accounts import AccountChange
from applemusic_server.application.renewals import RenewalOutcome
from applemusic_server.domain.account import SubscriptionState
from applemusic_server.domain.errors import (
    AppleMusicError,
    FailedPreconditionError,
    NotFoundError,
    Reason,
    ResourceExhaustedError,
    UnavailableError,
)
from applemusic_server.domain.gateways import ListenerProfile
from applemusic_server.domain.secret import Secret
from tests.support.application import DE
from tests.support.tokens import AWAY, NEW, OLD, REFUSED, Everything


@pytest.fixture
async def all_of() -> Everything:
    made = Everything()
    await made.sign_in()
    return made


async def test_a_renewal_replaces_the_token_and_tells(all_of: Everything) -> None:
    before = await all_of.accounts.get("anna")
    all_of.wait(days=140)
    all_of.listeners.profile_of_all = ListenerProfile(DE, SubscriptionState.INACTIVE)

    renewed = await all_of.renewals.renew(before)

    assert renewed == await all_of.accounts.get("anna")
    assert renewed.music_user_token == NEW
    assert renewed.token_first_seen_time == before.token_first_seen_time
    assert renewed.token_renewed_time == renewed.last_verified_time == all_of.now
    assert renewed.token_assumed_expire_time == all_of.now + timedelta(days=180)
    assert (renewed.storefront, renewed.subscription_state) == ("de", SubscriptionState.INACTIVE)
    assert all_of.changes == [(AccountChange.RENEWED, "anna")]
    assert all_of.observer.outcomes == [RenewalOutcome.RENEWED]
    assert all_of.listeners.asked == [("anna", NEW.reveal())]  # proven before it replaced
    assert "renew anna" not in all_of.leases.held


@pytest.mark.parametrize(
    ("error", "dead", "reason", "outcome"),
    [
        (REFUSED, set(), Reason.RENEWAL_REFUSED, RenewalOutcome.REFUSED),
        (None, {NEW}, Reason.RENEWAL_REFUSED, RenewalOutcome.UNPROVEN),
        (AWAY, set(), Reason.UPSTREAM_UNAVAILABLE, RenewalOutcome.FAILED),
    ],
)
async def test_what_does_not_succeed_keeps_the_old_token(
    all_of: Everything,
    error: AppleMusicError | None,
    dead: set[Secret],
    reason: Reason,
    outcome: RenewalOutcome,
) -> None:
    before = await all_of.accounts.get("anna")
    all_of.gateway.error, all_of.listeners.dead = error, dead

    with pytest.raises(AppleMusicError) as caught:
        await all_of.renewals.renew(before)

    assert caught.value.reason is reason
    assert await all_of.accounts.get("anna") == before
    assert all_of.observer.outcomes == [outcome]
    assert not all_of.changes
    assert "renew anna" not in all_of.leases.held
    assert all_of.care.cares["anna"].failures == 1
    for secret in (OLD, NEW):
        assert secret.reveal() not in str(caught.value)


async def test_many_who_want_it_at_once_get_one_renewal(all_of: Everything) -> None:
    account = await all_of.accounts.get("anna")
    renewed = await asyncio.gather(*(all_of.renewals.renew(account) for _ in range(5)))
    assert {each.music_user_token for each in renewed} == {NEW}
    assert all_of.gateway.asked == ["anna"]


async def test_who_holds_an_older_account_gets_the_token_that_is_there(all_of: Everything) -> None:
    account = await all_of.accounts.get("anna")
    await all_of.renewals.renew(account)
    assert (await all_of.renewals.renew(account)).music_user_token == NEW
    assert all_of.gateway.asked == ["anna"]


async def test_a_renewal_goes_on_when_its_caller_leaves(all_of: Everything) -> None:
    all_of.gateway.hold = asyncio.Event()
    caller = asyncio.create_task(all_of.renewals.renew(await all_of.accounts.get("anna")))
    await all_of.gateway.begun.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    follower = asyncio.create_task(all_of.renewals.renew(await all_of.accounts.get("anna")))
    await asyncio.sleep(0)
    all_of.gateway.hold.set()
    assert (await follower).music_user_token == NEW
    assert all_of.gateway.asked == ["anna"]


async def test_stopping_ends_a_renewal(all_of: Everything) -> None:
    all_of.gateway.hold = asyncio.Event()
    caller = asyncio.create_task(all_of.renewals.renew(await all_of.accounts.get("anna")))
    await all_of.gateway.begun.wait()
    await all_of.renewals.close()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert "renew anna" not in all_of.leases.held


async def test_two_replicas_renew_once(all_of: Everything) -> None:
    other = Everything(all_of, holder="two")
    account = await all_of.accounts.get("anna")
    first, second = await asyncio.gather(
        all_of.renewals.renew(account), other.renewals.renew(account)
    )
    assert first.music_user_token == second.music_user_token == NEW
    assert all_of.gateway.asked == ["anna"]


async def test_a_replica_that_never_ends_is_not_waited_for_for_ever(all_of: Everything) -> None:
    all_of.leases.held["renew anna"] = "two"
    with pytest.raises(ResourceExhaustedError) as caught:
        await all_of.renewals.renew(await all_of.accounts.get("anna"))
    assert caught.value.reason is Reason.SERVER_BUSY
    assert caught.value.retry_after
    assert sum(all_of.time.waits) == 10
    assert not all_of.gateway.asked


async def test_signing_in_again_meanwhile_wins(all_of: Everything) -> None:
    fresh = Secret("fresh-token-0000000000000000000000000==")
    all_of.gateway.hold = asyncio.Event()
    renewing = asyncio.create_task(all_of.renewals.renew(await all_of.accounts.get("anna")))
    await all_of.gateway.begun.wait()
    await all_of.accounts.submit("anna", fresh, "")
    all_of.gateway.hold.set()
    assert (await renewing).music_user_token == fresh
    assert [change for change, _ in all_of.changes] == [AccountChange.SIGNED_IN]


async def test_signing_out_meanwhile_wins(all_of: Everything) -> None:
    all_of.gateway.hold = asyncio.Event()
    renewing = asyncio.create_task(all_of.renewals.renew(await all_of.accounts.get("anna")))
    await all_of.gateway.begun.wait()
    await all_of.signing_out.sign_out("anna", revoke_at_apple=False)
    all_of.gateway.hold.set()
    with pytest.raises(NotFoundError):
        await renewing
    assert not all_of.store.accounts


async def test_a_dead_token_that_apple_renews_is_no_reason_to_sign_in_again(
    all_of: Everything,
) -> None:
    all_of.listeners.dead = {OLD}
    await all_of.accounts.mark_rejected(await all_of.accounts.resolve("anna"))
    account = await all_of.accounts.get("anna")
    assert (account.rejected, account.music_user_token) == (False, NEW)
    assert all_of.changes == [(AccountChange.RENEWED, "anna")]


async def test_who_still_has_the_token_from_before_is_given_the_present_one(
    all_of: Everything,
) -> None:
    before = await all_of.accounts.resolve("anna")
    assert await all_of.renewals.replacement(before) is None
    await all_of.renewals.renew(await all_of.accounts.get("anna"))
    now = await all_of.renewals.replacement(before)
    assert now == await all_of.accounts.resolve("anna")
    assert now is not None
    assert now.music_user_token == NEW
    all_of.listeners.dead, all_of.gateway.error = {NEW}, REFUSED
    all_of.wait(days=1)
    await all_of.accounts.mark_rejected(now)
    assert await all_of.renewals.replacement(before) is None


async def test_a_dead_token_is_given_up_when_apple_does_not_renew_it(all_of: Everything) -> None:
    all_of.listeners.dead, all_of.gateway.error = {OLD}, REFUSED
    await all_of.accounts.mark_rejected(await all_of.accounts.resolve("anna"))
    assert (await all_of.accounts.get("anna")).rejected
    assert all_of.changes == [(AccountChange.REJECTED, "anna")]
    asked = list(all_of.listeners.asked)
    for _ in range(3):
        all_of.wait(days=10)
        await all_of.keeper.round()
    assert all_of.listeners.asked == asked
    assert all_of.gateway.asked == ["anna"]  # it is not asked for a token that is dead


async def test_a_rejected_account_can_be_renewed_by_hand(all_of: Everything) -> None:
    account = await all_of.accounts.get("anna")
    await all_of.store.put(account.with_rejected())
    await all_of.renewals.renew(await all_of.accounts.renewable("anna"))
    assert not (await all_of.accounts.get("anna")).rejected


async def test_a_token_of_another_team_is_not_renewed(all_of: Everything) -> None:
    account = await all_of.accounts.get("anna")
    await all_of.store.put(replace(account, team_id="OTHERTEAM1"))
    with pytest.raises(FailedPreconditionError) as caught:
        await all_of.accounts.renewable("anna")
    assert caught.value.reason is Reason.MUSIC_USER_TOKEN_TEAM_MISMATCH
    assert caught.value.metadata == {"account": "anna", "teamId": "OTHERTEAM1"}


async def test_playback_asks_for_one_renewal_and_then_not_for_a_while(all_of: Everything) -> None:
    listener = await all_of.accounts.resolve("anna")
    all_of.gateway.error = REFUSED
    for _ in range(4):
        assert await all_of.renewals.listener_after_expiry(listener) is None
        all_of.wait(minutes=1)
    assert all_of.gateway.asked == ["anna"]
    all_of.wait(minutes=2)
    all_of.gateway.error = None
    renewed = await all_of.renewals.listener_after_expiry(listener)
    assert renewed is not None
    assert renewed.music_user_token == NEW
    # Who comes late with the old token gets the new one without asking Apple.
    assert await all_of.renewals.listener_after_expiry(listener) == renewed
    assert all_of.gateway.asked == ["anna", "anna"]


async def test_who_needs_a_token_that_is_being_renewed_waits_for_it(all_of: Everything) -> None:
    listener = await all_of.accounts.resolve("anna")
    account = await all_of.accounts.get("anna")
    all_of.gateway.hold = asyncio.Event()
    first = asyncio.create_task(all_of.renewals.listener_after_expiry(listener))
    await all_of.gateway.begun.wait()
    others = [
        asyncio.create_task(all_of.renewals.listener_after_expiry(listener)),
        asyncio.create_task(all_of.renewals.rescue(account)),
    ]
    await asyncio.sleep(0)
    all_of.gateway.hold.set()
    renewed, again, rescued = await asyncio.gather(first, *others)
    assert renewed == again is not None
    assert rescued is True
    assert all_of.gateway.asked == ["anna"]


async def test_nobody_is_renewed_who_is_gone_or_given_up(all_of: Everything) -> None:
    listener = await all_of.accounts.resolve("anna")
    await all_of.store.put((await all_of.accounts.get("anna")).with_rejected())
    assert await all_of.renewals.listener_after_expiry(listener) is None
    await all_of.store.delete("anna")
    assert await all_of.renewals.listener_after_expiry(listener) is None
    assert not all_of.gateway.asked


async def test_an_account_that_cannot_be_read_says_so(all_of: Everything) -> None:
    account = await all_of.accounts.get("anna")
    unreadable = Everything()
    unreadable.store.accounts["anna"] = replace(account, music_user_token=None)
    with pytest.raises(FailedPreconditionError) as caught:
        await unreadable.renewals.renew(unreadable.store.accounts["anna"])
    assert caught.value.reason is Reason.STORAGE_KEY_MISMATCH


async def test_a_lease_is_given_back_when_storage_fails_in_between() -> None:
    """The database may be away for a moment; the next try must not wait for a lease to end."""
    made = Everything()
    await made.sign_in()
    made.gateway.error = UnavailableError(Reason.STORAGE_UNAVAILABLE, "locked")
    with pytest.raises(UnavailableError):
        await made.renewals.renew(await made.accounts.get("anna"))
    assert "renew anna" not in made.leases.held
