"""Access tokens: made once, found by what is shown, gone when revoked."""

import asyncio
import contextvars
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applemusic_server.domain.access import (
    Grant,
    PermittedAccounts,
    Scope,
    check_caller_name,
)
from applemusic_server.domain.errors import (
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
    UnavailableError,
)
from applemusic_server.domain.secret import Secret
from tests.support.access_tokens import Desk


async def test_a_token_is_found_by_itself_and_by_nothing_else() -> None:
    desk = Desk()
    made = await desk.make("kitchen", ["stream", "read"], ["anna"], timedelta(days=1))
    other = await desk.make("bath", ["admin"])

    found = await desk.known.find(Secret(made))

    assert found is not None
    assert found.grant == Grant(
        "kitchen", frozenset({Scope.STREAM, Scope.READ}), frozenset({"anna"})
    )
    assert await desk.known.find(Secret(made[:-64] + other[-64:])) is None
    assert await desk.known.find(Secret(made + " ")) is None


async def test_what_is_stored_gives_no_token() -> None:
    desk = Desk()
    made = await desk.make("kitchen", ["read"])
    stored = desk.store.tokens["kitchen"]

    assert made.rpartition("_")[2] not in repr(stored)
    assert stored.digest.hex() not in made
    assert stored.digest.hex() not in repr(stored)


async def test_a_token_ends_when_it_is_to() -> None:
    desk = Desk()
    made = Secret(await desk.make("guest", ["read"], None, timedelta(seconds=10)))

    desk.time.seconds += 9.9
    assert await desk.known.find(made)
    desk.time.seconds += 0.1
    assert await desk.known.find(made) is None
    assert [token.grant.name for token in await desk.tokens.list()] == ["guest"]


async def test_a_revoked_token_is_good_for_two_seconds_at_most() -> None:
    desk = Desk()
    made = Secret(await desk.make("guest", ["read"]))
    assert await desk.known.find(made)

    await desk.tokens.revoke("guest")
    desk.time.seconds += 2

    assert await desk.known.find(made) is None
    with pytest.raises(NotFoundError):
        await desk.tokens.revoke("guest")


async def test_a_new_token_works_at_once_and_guesses_do_not_reach_the_store() -> None:
    desk = Desk()
    await desk.known.any_good()
    assert await desk.known.find(Secret(await desk.make("new", ["read"])))

    for guess in range(1000):
        assert await desk.known.find(Secret(f"amg_{guess:012x}_{'0' * 64}")) is None

    assert desk.store.reads < 30


async def test_many_calls_at_once_read_the_store_once() -> None:
    desk = Desk()
    made = Secret(await desk.make("host", ["read"]))

    found = await asyncio.gather(*(desk.known.find(made) for _ in range(50)))

    assert all(found)
    assert desk.store.reads == 1


async def test_a_database_that_is_away_stops_nobody_for_a_minute() -> None:
    desk = Desk()
    made = Secret(await desk.make("host", ["read"]))
    assert await desk.known.find(made)
    desk.store.away = True

    desk.time.seconds += 59
    assert await desk.known.find(made)
    desk.time.seconds += 2
    with pytest.raises(UnavailableError):
        await desk.known.find(made)


@pytest.mark.parametrize(
    ("name", "scopes", "accounts", "lifetime"),
    [
        ("", ["read"], None, None),
        ("two\nlines", ["read"], None, None),
        ("a" * 129, ["read"], None, None),
        ("ok", [], None, None),
        ("ok", ["root"], None, None),
        ("ok", ["read"], [], None),
        ("ok", ["read"], ["Anna!"], None),
        ("ok", ["read"], None, timedelta(0)),
        ("ok", ["read"], None, timedelta(days=40_000)),
    ],
)
async def test_nonsense_is_refused(
    name: str, scopes: list[str], accounts: list[str] | None, lifetime: timedelta | None
) -> None:
    with pytest.raises(InvalidArgumentError):
        await Desk().make(name, scopes, accounts, lifetime)


async def test_no_two_tokens_have_one_name() -> None:
    desk = Desk()
    await desk.make("host", ["read"])
    with pytest.raises(InvalidArgumentError, match="already"):
        await desk.make("host", ["admin"])


@given(st.text(max_size=200))
async def test_anything_can_be_shown(text: str) -> None:
    desk = Desk()
    await desk.make("host", ["read"])
    assert await desk.known.find(Secret(text)) is None


@given(st.text(max_size=140))
def test_a_name_can_stand_in_a_log_line(name: str) -> None:
    try:
        check_caller_name(name)
    except InvalidArgumentError:
        return
    assert name.isascii()
    assert name.isprintable()
    assert " " not in name


async def test_limits_stay_with_the_call() -> None:
    permitted = PermittedAccounts()
    inside, outside = asyncio.Event(), asyncio.Event()

    async def limited() -> None:
        with permitted.limited_to(frozenset({"anna"})):
            inside.set()
            await outside.wait()
            assert permitted.ids == frozenset({"anna"})
            permitted.check("anna")
            with pytest.raises(PermissionDeniedError) as caught:
                permitted.check("berta")
            assert caught.value.metadata == {"account": "berta"}
        assert permitted.ids is None

    task = asyncio.create_task(limited(), context=contextvars.copy_context())
    await inside.wait()
    assert permitted.allows("berta")
    outside.set()
    await task
