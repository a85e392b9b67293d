"""Sign-ins: begun, watched, opened in one browser, ended once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applemusic_server.application.ended_sign_ins import EndedSignIns
from applemusic_server.application.sign_ins import BegunSignIn
from applemusic_server.domain.errors import (
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    Reason,
    ResourceExhaustedError,
    UnauthenticatedError,
    UnavailableError,
)
from applemusic_server.domain.secret import Secret
from applemusic_server.domain.sign_in import (
    CODE_ALPHABET,
    Handle,
    SignInState,
    digest,
    normal_code,
)
from applemusic_server.domain.sign_in_observer import SignInOutcome
from applemusic_server.storage.database import open_database, sqlite_url
from applemusic_server.storage.sign_ins import DatabaseSignIns
from tests.support.sign_in_parts import GOOD, SignInSetting, ticket_of

BROWSER = Secret("b")


@pytest.fixture
async def setting(tmp_path: Path) -> AsyncIterator[SignInSetting]:
    database = await open_database(sqlite_url(tmp_path / "server.db"))
    yield SignInSetting(DatabaseSignIns(database))
    await database.close()


async def states(setting: SignInSetting, sign_in_id: Secret) -> list[SignInState]:
    return [each.state async for each in setting.sign_ins.watch(sign_in_id)]


def on_disk(folder: Path) -> bytes:
    """Everything that the database has written."""
    return b"".join(each.read_bytes() for each in folder.glob("server.db*"))


async def test_secrets_are_kept_as_digests_only(setting: SignInSetting, tmp_path: Path) -> None:
    begun = await setting.sign_ins.begin("anna", " Anna ")
    await setting.visits.open(ticket_of(begun), Secret(""), BROWSER)

    written = on_disk(tmp_path)
    for secret in (begun.sign_in_id, ticket_of(begun), begun.user_code):
        assert secret.reveal().encode() not in written
        assert secret.reveal().replace("-", "").encode() not in written
    assert digest(begun.sign_in_id).encode() in written
    assert begun.url.reveal().startswith("http://here/sign-in#")
    assert begun.expire_time == setting.time.now + timedelta(minutes=10)
    kept = await setting.store.get(digest(begun.sign_in_id))
    assert kept is not None
    assert kept.display_name == "Anna"
    assert "Anna" not in repr(kept)


async def test_the_account_is_chosen_when_it_begins(setting: SignInSetting) -> None:
    first = await setting.sign_ins.begin("", "")
    await setting.accounts.submit("berta", GOOD, "Berta")
    second = await setting.sign_ins.begin("", "")

    kept = [await setting.store.get(digest(each.sign_in_id)) for each in (first, second)]
    assert [each.account for each in kept if each] == ["default", "berta"]
    visit = await setting.visits.open(ticket_of(second), Secret(""), BROWSER)
    assert visit.display_name == "Berta"


async def test_what_is_wrong_is_said_before_anything_is_open(setting: SignInSetting) -> None:
    with pytest.raises(InvalidArgumentError):
        await setting.sign_ins.begin("Not An Id", "")
    with pytest.raises(InvalidArgumentError):
        await setting.sign_ins.begin("", "a\x00b")
    setting.problem = FailedPreconditionError(Reason.DEVELOPER_TOKEN_MISSING, "none")
    with pytest.raises(FailedPreconditionError, match="DEVELOPER_TOKEN_MISSING"):
        await setting.sign_ins.begin("", "")
    assert await setting.store.count_open(setting.time.now) == 0


async def test_there_is_an_end_to_open_ones(setting: SignInSetting) -> None:
    async def begin(caller: str) -> BegunSignIn:
        with setting.permitted.limited_to(None, caller=lambda: caller):
            return await setting.sign_ins.begin("", "")

    # All at once: none is begun between counting and storing another.
    greedy = await asyncio.gather(*(begin("one") for _ in range(30)), return_exceptions=True)
    begun = [each for each in greedy if isinstance(each, BegunSignIn)]
    refused = [each for each in greedy if isinstance(each, ResourceExhaustedError)]
    assert (len(begun), len(refused)) == (20, 10)
    assert refused[0].retry_after is not None
    assert "you began" in refused[0].message

    others = [await begin(f"caller-{number // 20}") for number in range(80)]
    with pytest.raises(ResourceExhaustedError, match="100 sign-ins"):
        await begin("another")
    await setting.sign_ins.cancel(others[0].sign_in_id)
    await begin("another")

    setting.time.now += timedelta(minutes=10)
    await begin("one")


async def test_ended_ones_are_told_of_for_a_while_and_then_forgotten(
    setting: SignInSetting,
) -> None:
    """Also when nobody begins another one."""
    never_opened = await setting.sign_ins.begin("anna", "")
    opened = await setting.opened("berta")
    ended = EndedSignIns(setting.store, setting.time.utc)

    setting.time.now += timedelta(minutes=20)
    await ended.forget()
    for begun in (never_opened, opened):
        assert await states(setting, begun.sign_in_id) == [SignInState.EXPIRED]

    setting.time.now += timedelta(seconds=1)
    await ended.forget()
    with pytest.raises(NotFoundError):
        await states(setting, never_opened.sign_in_id)
    assert await states(setting, opened.sign_in_id) == [SignInState.EXPIRED]

    setting.time.now += timedelta(minutes=50)
    await ended.forget()
    with pytest.raises(NotFoundError):
        await states(setting, opened.sign_in_id)


async def test_who_watches_hears_at_once(setting: SignInSetting) -> None:
    begun = await setting.opened()

    async with aclosing(setting.sign_ins.watch(begun.sign_in_id)) as watched:
        assert (await anext(watched)).state is SignInState.PENDING
        await setting.visits.finish(BROWSER, GOOD)
        last = await anext(watched)
        assert last.state is SignInState.SUCCEEDED
        assert last.account is not None
        assert last.account.id == "anna"
        assert await anext(watched, None) is None
    assert await states(setting, begun.sign_in_id) == [SignInState.SUCCEEDED]
    assert setting.sign_ins._bell._waiting == {}


async def test_what_another_replica_did_is_seen(setting: SignInSetting) -> None:
    begun = await setting.opened()
    watching = asyncio.create_task(states(setting, begun.sign_in_id))
    await asyncio.sleep(0)
    await setting.store.move(
        digest(begun.sign_in_id), SignInState.PENDING, SignInState.FAILED, message="why"
    )

    assert await watching == [SignInState.PENDING, SignInState.FAILED]


async def test_time_ends_it(setting: SignInSetting) -> None:
    begun = await setting.opened()
    watching = asyncio.create_task(states(setting, begun.sign_in_id))
    await asyncio.sleep(0)
    setting.time.now += timedelta(minutes=10)

    assert (await watching)[-1] is SignInState.EXPIRED
    for attempt in (
        setting.visits.finish(BROWSER, GOOD),
        setting.visits.resume(BROWSER),
        setting.visits.decline(BROWSER),
        setting.visits.open(ticket_of(begun), BROWSER, Secret("c")),
    ):
        with pytest.raises(FailedPreconditionError, match="took too long"):
            await attempt
    await setting.sign_ins.cancel(begun.sign_in_id)  # idempotent, and changes nothing
    assert await states(setting, begun.sign_in_id) == [SignInState.EXPIRED]
    assert setting.kept.accounts == {}


async def test_an_unknown_id(setting: SignInSetting) -> None:
    with pytest.raises(NotFoundError, match="SIGN_IN_NOT_FOUND"):
        await states(setting, Secret("nobody"))
    with pytest.raises(NotFoundError, match="SIGN_IN_NOT_FOUND"):
        await setting.sign_ins.cancel(Secret("nobody"))
    for browser in (Secret(""), Secret("nobody")):
        with pytest.raises(NotFoundError, match="SIGN_IN_NOT_FOUND"):
            await setting.visits.resume(browser)


async def test_a_cancel_is_final(setting: SignInSetting) -> None:
    begun = await setting.opened()
    await setting.sign_ins.cancel(begun.sign_in_id)
    await setting.sign_ins.cancel(begun.sign_in_id)

    with pytest.raises(FailedPreconditionError, match="cancelled"):
        await setting.visits.finish(BROWSER, GOOD)
    assert await states(setting, begun.sign_in_id) == [SignInState.CANCELLED]
    assert setting.counts.found[SignInOutcome.CANCELLED] == 1


async def test_a_cancel_while_apple_is_asked_wins(setting: SignInSetting) -> None:
    begun = await setting.opened()
    really = setting.listeners.profile

    async def slow(account_id: str, token: Secret) -> object:
        await setting.sign_ins.cancel(begun.sign_in_id)
        return await really(account_id, token)

    setting.listeners.profile = slow  # type: ignore[method-assign,assignment] # what happens meanwhile
    with pytest.raises(FailedPreconditionError, match="cancelled"):
        await setting.visits.finish(BROWSER, GOOD)

    assert setting.kept.accounts == {}
    assert await states(setting, begun.sign_in_id) == [SignInState.CANCELLED]


async def test_a_cancel_while_it_is_stored_is_too_late(setting: SignInSetting) -> None:
    begun = await setting.opened()
    really = setting.kept.put

    async def slow(account: object, **kept: Any) -> None:
        await setting.sign_ins.cancel(begun.sign_in_id)
        await really(account, **kept)  # type: ignore[arg-type] # an account

    setting.kept.put = slow  # type: ignore[method-assign] # what happens meanwhile
    await setting.visits.finish(BROWSER, GOOD)

    assert await states(setting, begun.sign_in_id) == [SignInState.SUCCEEDED]


async def test_what_fails_leaves_a_second_try(setting: SignInSetting) -> None:
    begun = await setting.opened()
    setting.listeners.error = UnauthenticatedError(Reason.MUSIC_USER_TOKEN_REJECTED, "no")
    with pytest.raises(UnauthenticatedError):
        await setting.visits.finish(BROWSER, GOOD)
    setting.listeners.error = None
    really = setting.kept.put

    async def failing(account: object, **kept: Any) -> None:
        del account, kept
        raise UnavailableError(Reason.STORAGE_UNAVAILABLE, "full")

    setting.kept.put = failing  # type: ignore[method-assign] # a full disk
    with pytest.raises(UnavailableError):
        await setting.visits.finish(BROWSER, GOOD)
    setting.kept.put = really  # type: ignore[method-assign] # as before
    await setting.visits.finish(BROWSER, GOOD)

    assert await states(setting, begun.sign_in_id) == [SignInState.SUCCEEDED]
    assert setting.counts.found[SignInOutcome.TOKEN_REFUSED] == 1


async def test_it_is_open_in_one_browser(setting: SignInSetting) -> None:
    begun = await setting.opened()
    again = await setting.visits.open(ticket_of(begun), BROWSER, Secret("c"))

    assert again.was_open
    with pytest.raises(FailedPreconditionError, match="another browser"):
        await setting.visits.open(ticket_of(begun), Secret("c"), Secret("d"))
    with pytest.raises(FailedPreconditionError, match="another browser"):
        await setting.visits.enter_code(begun.user_code.reveal(), "x", Secret(""), Secret("d"))


async def test_a_link_is_not_used_up_by_what_the_person_cannot_help(
    setting: SignInSetting,
) -> None:
    begun = await setting.sign_ins.begin("", "")
    setting.problem = UnavailableError(Reason.UPSTREAM_UNAVAILABLE, "away")
    with pytest.raises(UnavailableError):
        await setting.visits.open(ticket_of(begun), Secret(""), BROWSER)
    setting.problem = None

    visit = await setting.visits.open(ticket_of(begun), Secret(""), Secret("c"))
    assert not visit.was_open
    assert "Secret" in repr(visit.developer_token)


async def test_a_person_declines_once(setting: SignInSetting) -> None:
    begun = await setting.opened()
    await setting.visits.decline(BROWSER)

    with pytest.raises(FailedPreconditionError, match="declined"):
        await setting.visits.decline(BROWSER)
    statuses = [each async for each in setting.sign_ins.watch(begun.sign_in_id)]
    assert [each.state for each in statuses] == [SignInState.FAILED]
    assert "declined" in statuses[0].message


async def test_the_token_of_another_account_is_refused(setting: SignInSetting) -> None:
    await setting.accounts.submit("anna", GOOD, "")
    await setting.opened("berta")
    setting.listeners.asked.clear()
    with pytest.raises(FailedPreconditionError, match="Another account") as caught:
        await setting.visits.finish(BROWSER, Secret(f" {GOOD.reveal()}\n"))
    assert caught.value.reason is Reason.MUSIC_USER_TOKEN_IN_USE
    assert not setting.listeners.asked

    await setting.opened("anna", "c")  # its own again is fine
    assert (await setting.visits.finish(Secret("c"), GOOD)).id == "anna"
    assert list(setting.kept.accounts) == ["anna"]


async def test_a_caller_for_other_accounts_neither_watches_nor_cancels(
    setting: SignInSetting,
) -> None:
    begun = await setting.opened("berta")
    with setting.permitted.limited_to(frozenset({"anna"})):
        with pytest.raises(NotFoundError, match="SIGN_IN_NOT_FOUND"):
            await anext(setting.sign_ins.watch(begun.sign_in_id))
        with pytest.raises(NotFoundError, match="SIGN_IN_NOT_FOUND"):
            await setting.sign_ins.cancel(begun.sign_in_id)

    with setting.permitted.limited_to(frozenset({"berta"})):
        status = await anext(setting.sign_ins.watch(begun.sign_in_id))
    assert status.state is SignInState.PENDING


async def test_codes_are_limited_per_caller_and_in_all(setting: SignInSetting) -> None:
    begun = await setting.sign_ins.begin("", "")

    async def guess(caller: str, code: str = "BBBBBBBB") -> None:
        await setting.visits.enter_code(code, caller, Secret(""), BROWSER)

    for _ in range(5):
        with pytest.raises(NotFoundError):
            await guess("one")
    with pytest.raises(ResourceExhaustedError):
        await guess("one", begun.user_code.reveal())
    for _ in range(3):
        with pytest.raises(NotFoundError):
            await guess("two")
    with pytest.raises(ResourceExhaustedError):
        await guess("three")
    setting.time.seconds += 10
    await guess("one", begun.user_code.reveal())
    assert setting.counts.found[SignInOutcome.WRONG_CODE] == 8
    assert setting.counts.found[SignInOutcome.THROTTLED] == 2


async def test_tokens_are_limited_per_sign_in(setting: SignInSetting) -> None:
    await setting.opened()
    for _ in range(3):
        with pytest.raises(InvalidArgumentError):
            await setting.visits.finish(BROWSER, Secret("short"))
    with pytest.raises(ResourceExhaustedError):
        await setting.visits.finish(BROWSER, GOOD)
    await setting.opened("berta", "c")
    await setting.visits.finish(Secret("c"), GOOD)


@given(st.text(CODE_ALPHABET, min_size=8, max_size=8), st.data())
def test_a_code_is_read_however_it_was_typed(code: str, data: st.DataObject) -> None:
    typed = "".join(
        data.draw(st.sampled_from(("", " ", "-", "\u2013", "\t")))
        + data.draw(st.sampled_from(pair))
        for pair in ((each, each.lower()) for each in code)
    )
    assert normal_code(typed) == normal_code(code) == Secret(code)


@given(st.text())
def test_any_text_is_read_as_some_code(typed: str) -> None:
    assert normal_code(normal_code(typed).reveal()) == normal_code(typed)


async def test_finding_nothing_is_no_error(setting: SignInSetting) -> None:
    assert await setting.store.find(Handle.BROWSER, digest(Secret(""))) is None
