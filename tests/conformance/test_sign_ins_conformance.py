"""Sign-ins, the same on SQLite and on PostgreSQL, also when several servers share them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from applemusic_server.domain.errors import Reason, ResourceExhaustedError
from applemusic_server.domain.sign_in import SignIn, SignInState
from applemusic_server.storage.database import Database, open_database
from applemusic_server.storage.sign_ins import DatabaseSignIns

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ONE = SignIn(
    key="1" * 64,
    account="anna",
    display_name="",
    ticket="2" * 64,
    code="3" * 64,
    created_time=NOW,
    expire_time=NOW + timedelta(minutes=10),
    caller="c" * 64,
)


@pytest.fixture
async def stores(
    database: Database, database_url: str
) -> AsyncIterator[tuple[DatabaseSignIns, ...]]:
    """Two replicas on one database."""
    other = await open_database(database_url)
    yield DatabaseSignIns(database), DatabaseSignIns(other)
    await other.close()


class Counting:
    """Lets so many of a caller in, and remembers what it was told."""

    def __init__(self, most: int) -> None:
        self.most, self.told = most, list[tuple[int, int]]()

    def __call__(self, of_caller: int, of_all: int) -> None:
        self.told.append((of_caller, of_all))
        if of_caller >= self.most:
            raise ResourceExhaustedError(Reason.SERVER_BUSY, "full")


async def test_callers_are_counted_where_all_replicas_see_it(
    stores: tuple[DatabaseSignIns, ...],
) -> None:
    check = Counting(5)
    await stores[0].add(replace(ONE, key="other", caller="d" * 64))
    await stores[0].add(replace(ONE, key="ended", state=SignInState.CANCELLED))
    await stores[0].add(replace(ONE, key="expired", expire_time=NOW))
    ended = await asyncio.gather(
        *(stores[n % 2].add(replace(ONE, key=f"k{n}"), check=check) for n in range(12)),
        return_exceptions=True,
    )
    assert sum(each is None for each in ended) == 5
    assert sum(isinstance(each, ResourceExhaustedError) for each in ended) == 7
    assert set(check.told) == {(n, n + 1) for n in range(6)}
    assert await stores[1].count_open(NOW) == 6
    found = await stores[1].get("other")
    assert found is not None
    assert found.caller == "d" * 64


async def test_those_that_nobody_opened_are_forgotten_first(
    stores: tuple[DatabaseSignIns, ...],
) -> None:
    store = stores[0]
    opened = replace(ONE, key="opened", browser="b" * 64)
    for each in (ONE, opened, replace(ONE, key="new", expire_time=NOW + timedelta(hours=1))):
        await store.add(each)
    end = ONE.expire_time

    await store.forget(end, unopened_before=end)
    assert await stores[1].get(ONE.key) == ONE
    await store.forget(end, unopened_before=end + timedelta(seconds=1))
    assert await store.get(ONE.key) is None
    assert await store.get("opened") == opened
    await store.forget(end + timedelta(seconds=1), unopened_before=end + timedelta(seconds=1))
    assert await store.get("opened") is None
    assert await store.get("new") is not None
