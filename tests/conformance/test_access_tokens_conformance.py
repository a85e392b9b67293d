"""Access tokens on every database that the server can keep them in."""

import asyncio
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from applemusic_server.application.access_tokens import AccessTokens, KnownTokens
from applemusic_server.domain.access import AccessToken, Grant, Scope
from applemusic_server.domain.errors import NotFoundError
from applemusic_server.storage.access_tokens import DatabaseAccessTokenStore
from applemusic_server.storage.database import Database, open_database
from applemusic_server.storage.schema import ACCESS_TOKENS
from tests.support.access_tokens import START, Time


def token(number: int, grant: Grant, expire: datetime | None = None) -> AccessToken:
    return AccessToken(f"{number:012x}", bytes([number]) * 32, grant, START, expire)


async def test_what_is_added_comes_back(database: Database) -> None:
    store = DatabaseAccessTokenStore(database)
    everything = token(0, Grant("b", frozenset(Scope), None))
    limited = token(
        1,
        Grant("a", frozenset({Scope.READ}), frozenset({"anna", "berta"})),
        START + timedelta(days=1),
    )
    nobody = token(2, Grant("none", frozenset({Scope.READ}), frozenset()))

    for each in (everything, limited, nobody):
        assert await store.add(each)
    assert await store.list() == (limited, everything, nobody)
    assert await store.delete("a")
    assert not await store.delete("a")
    assert await store.list() == (everything, nobody)


async def test_a_scope_of_a_newer_server_is_left_out_and_shuts_nobody_out(
    database: Database,
) -> None:
    store = DatabaseAccessTokenStore(database)
    first = token(0, Grant("a", frozenset({Scope.READ}), None))
    other = token(1, Grant("b", frozenset({Scope.STREAM}), None))
    for each in (first, other):
        assert await store.add(each)
    async with database.writing() as connection:
        newer = update(ACCESS_TOKENS).where(ACCESS_TOKENS.c.name == "a")
        await connection.execute(newer.values(scopes="read,later"))

    assert await store.list() == (first, other)


async def test_of_many_with_one_name_the_first_stays(database: Database) -> None:
    store = DatabaseAccessTokenStore(database)
    first = token(0, Grant("host", frozenset({Scope.READ}), frozenset({"anna"})))
    assert await store.add(first)
    others = [
        replace(token(number, first.grant), grant=Grant("host", frozenset(Scope)))
        for number in range(1, 6)
    ]

    assert await asyncio.gather(*map(store.add, others)) == [False] * 5
    assert await store.list() == (first,)

    await store.delete("host")
    assert sorted(await asyncio.gather(*map(store.add, others))) == [False] * 4 + [True]


async def test_what_one_replica_revokes_another_refuses(database_url: str) -> None:
    here, there = await open_database(database_url), await open_database(database_url)
    time = Time()
    desk = AccessTokens(DatabaseAccessTokenStore(here), lambda: datetime.now(UTC), os.urandom)
    known = KnownTokens(DatabaseAccessTokenStore(there), time.clock, time.now)
    assert not await known.any_good()
    made = await desk.create("host", ["read"], None)

    found = await known.find(made)
    assert found is not None
    assert await known.still_good([found.id]) == {found.id}
    await desk.revoke("host")
    time.seconds += 2
    assert await known.find(made) is None
    assert await known.still_good([found.id]) == frozenset()
    with pytest.raises(NotFoundError):
        await desk.revoke("host")
    await here.close()
    await there.close()
