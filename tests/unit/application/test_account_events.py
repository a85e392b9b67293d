"""Watching accounts: where it begins, what it tells, and who is kept waiting (nobody)."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta

import pytest

from applemusic_server.application.account_calls import AccountCalls
from applemusic_server.application.account_events import AccountEvent
from applemusic_server.application.accounts import AccountChange
from applemusic_server.domain.errors import (
    AppleMusicError,
    FailedPreconditionError,
    InvalidArgumentError,
    Reason,
    UnavailableError,
)
from tests.support.tokens import AWAY, NEW, OLD, Everything

Told = tuple[AccountChange | None, str]


@pytest.fixture
async def all_of() -> Everything:
    made = Everything()
    await made.sign_in()
    return made


def brief(event: AccountEvent) -> Told:
    return event.change, event.account.id


async def test_a_watch_begins_with_what_is_and_goes_on_with_what_happens(
    all_of: Everything,
) -> None:
    async with aclosing(all_of.events.watch([])) as watch:
        assert brief(await anext(watch)) == (None, "anna")
        waiting = asyncio.ensure_future(anext(watch))
        await asyncio.sleep(0)
        assert not waiting.done()
        await all_of.accounts.submit("berta", NEW, "")
        assert brief(await waiting) == (AccountChange.SIGNED_IN, "berta")
        await all_of.signing_out.sign_out("berta", revoke_at_apple=False)
        assert brief(await anext(watch)) == (AccountChange.SIGNED_OUT, "berta")
    assert all_of.events.watchers == 0


async def test_only_what_is_asked_for_is_told(all_of: Everything) -> None:
    async with aclosing(all_of.events.watch(["berta"])) as watch:
        first = asyncio.ensure_future(anext(watch))
        await asyncio.sleep(0)
        all_of.events.tell(AccountChange.UPDATED, await all_of.accounts.get("anna"))
        await all_of.accounts.submit("berta", NEW, "")
        assert brief(await first) == (AccountChange.SIGNED_IN, "berta")


async def test_a_warning_says_how_much_time_is_left(all_of: Everything) -> None:
    async with aclosing(all_of.events.watch([])) as watch:
        await anext(watch)
        all_of.wait(days=170)
        all_of.events.warn(await all_of.accounts.get("anna"), 14)
        all_of.events.warn(await all_of.accounts.get("anna"), 14)
        event = await anext(watch)
        assert (event.change, event.remaining) == (AccountChange.EXPIRING, timedelta(days=10))
        all_of.events.close()
        with pytest.raises(UnavailableError):
            await anext(watch)


async def test_a_watcher_that_does_not_read_holds_up_nobody_and_takes_no_room(
    all_of: Everything,
) -> None:
    slow, quick = all_of.events.watch([]), all_of.events.watch([])
    async with aclosing(slow), aclosing(quick):
        await anext(slow)
        await anext(quick)
        anna = await all_of.accounts.get("anna")
        for number in range(10_000):
            all_of.events.tell(AccountChange.UPDATED, replace(anna, display_name=str(number)))
        assert (await anext(quick)).account.display_name == "9999"
        all_of.events.tell(AccountChange.REJECTED, anna)
        assert brief(await anext(slow)) == (AccountChange.UPDATED, "anna")
        assert brief(await anext(slow)) == (AccountChange.REJECTED, "anna")
        (inbox, _) = all_of.events._inboxes
        assert len(inbox._events) <= 1


async def test_of_an_account_that_is_gone_only_that_is_told(all_of: Everything) -> None:
    async with aclosing(all_of.events.watch([])) as watch:
        await anext(watch)
        anna = await all_of.accounts.get("anna")
        all_of.events.tell(AccountChange.REJECTED, anna)
        all_of.events.tell(AccountChange.SIGNED_OUT, anna)
        assert brief(await anext(watch)) == (AccountChange.SIGNED_OUT, "anna")


async def test_hundreds_of_watchers_all_hear(all_of: Everything) -> None:
    watches = [all_of.events.watch([]) for _ in range(300)]
    for watch in watches:
        await anext(watch)
    await all_of.accounts.submit("berta", NEW, "")
    for watch in watches:
        assert brief(await anext(watch)) == (AccountChange.SIGNED_IN, "berta")
        await watch.aclose()
    assert all_of.events.watchers == 0


async def test_going_down_ends_every_watch_and_refuses_new_ones(all_of: Everything) -> None:
    async with aclosing(all_of.events.watch([])) as watch:
        await anext(watch)
        waiting = asyncio.ensure_future(anext(watch))
        await asyncio.sleep(0)
        all_of.events.close()
        with pytest.raises(UnavailableError) as caught:
            await waiting
    assert caught.value.reason is Reason.SERVER_DRAINING
    async with aclosing(all_of.events.watch([])) as late:
        await anext(late)
        with pytest.raises(UnavailableError):
            await anext(late)


async def test_reading_that_was_overtaken_tells_nothing(all_of: Everything) -> None:
    """Between reading the accounts and comparing them, one signed in here."""
    told, read = all_of.events.told, await all_of.store.list()
    await all_of.accounts.submit("berta", NEW, "")
    all_of.changes.clear()
    all_of.events.seen_all(read, told)
    all_of.events.seen("berta", None, told)
    all_of.events.seen_warnings(read, {"anna": 3}, told)
    assert not all_of.changes


async def test_signing_out_forgets_and_asks_apple_nothing(all_of: Everything) -> None:
    await all_of.signing_out.sign_out("anna", revoke_at_apple=False)
    await all_of.signing_out.sign_out("anna", revoke_at_apple=False)
    await all_of.signing_out.sign_out("nobody", revoke_at_apple=True)
    assert not all_of.store.accounts
    assert not all_of.gateway.revoked
    assert not all_of.listeners.asked
    assert all_of.changes == [(AccountChange.SIGNED_OUT, "anna")]
    for wrong in ("", "Anna", "../x"):
        with pytest.raises(InvalidArgumentError):
            await all_of.signing_out.sign_out(wrong, revoke_at_apple=False)


async def test_revoking_is_asked_for_and_proven(all_of: Everything) -> None:
    all_of.listeners.dead = {OLD}
    await all_of.signing_out.sign_out("anna", revoke_at_apple=True)
    assert all_of.gateway.revoked == ["anna"]


@pytest.mark.parametrize(
    ("change", "error", "reason"),
    [
        ({}, None, Reason.UPSTREAM_REFUSED),  # Apple says yes and the token lives on
        ({}, AWAY, Reason.UPSTREAM_UNAVAILABLE),
        ({"music_user_token": None}, None, Reason.STORAGE_KEY_MISMATCH),
    ],
)
async def test_an_account_is_forgotten_even_if_apple_does_not_revoke(
    all_of: Everything,
    change: dict[str, None],
    error: AppleMusicError | None,
    reason: Reason,
) -> None:
    all_of.store.accounts["anna"] = replace(all_of.store.accounts["anna"], **change)  # type: ignore[arg-type]  # as the parameters have it
    all_of.gateway.error = error
    with pytest.raises(AppleMusicError) as caught:
        await all_of.signing_out.sign_out("anna", revoke_at_apple=True)
    assert caught.value.reason is reason
    assert not all_of.store.accounts
    # That a key is missing is seen before.
    seen = [(AccountChange.UPDATED, "anna")] if change else []
    assert all_of.changes == [*seen, (AccountChange.SIGNED_OUT, "anna")]
    if reason is Reason.UPSTREAM_REFUSED:
        assert isinstance(caught.value, FailedPreconditionError)
        assert {"appleCode", "endpoint"} <= caught.value.metadata.keys()


async def test_calls_of_an_account_end_and_say_why() -> None:
    calls = AccountCalls()
    reasons: list[AppleMusicError | None] = []

    async def serve(account_id: str) -> None:
        calls.note(account_id)
        calls.note(account_id)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            task = asyncio.current_task()
            assert task is not None
            reasons.append(calls.end_of(task))
            raise

    anna, berta = asyncio.create_task(serve("anna")), asyncio.create_task(serve("berta"))
    await asyncio.sleep(0)
    calls.end("anna")
    calls.end("anna")
    assert not anna.done()
    await calls.settled("anna")
    assert anna.done()
    assert anna.cancelling() == 1
    assert not berta.done()
    berta.cancel()
    await asyncio.wait([berta])
    (ended, left) = reasons
    assert ended is not None
    assert ended.reason is Reason.ACCOUNT_NOT_FOUND
    assert ended.metadata == {"account": "anna"}
    assert left is None
    await asyncio.sleep(0)
    assert not calls._tasks
    assert not calls._ended
