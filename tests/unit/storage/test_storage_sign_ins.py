"""The store of sign-ins: of two that change one, one wins."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from applemusic_server.domain.sign_in import Handle, SignIn, SignInState
from applemusic_server.storage.accounts import DatabaseAccountStore
from applemusic_server.storage.database import open_database, sqlite_url
from applemusic_server.storage.sign_ins import DatabaseSignIns
from applemusic_server.storage.token_cipher import TokenCipher

NOW = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
ONE = SignIn(
    key="1" * 64,
    account="anna",
    display_name="Anna Ö.",
    ticket="2" * 64,
    code="3" * 64,
    created_time=NOW,
    expire_time=NOW + timedelta(minutes=10),
)


@pytest.fixture
async def stores(tmp_path: Path) -> AsyncIterator[tuple[DatabaseSignIns, DatabaseSignIns]]:
    """Two replicas on one database."""
    url = sqlite_url(tmp_path / "server.db")
    one, other = await open_database(url), await open_database(url)
    yield DatabaseSignIns(one), DatabaseSignIns(other)
    await one.close()
    await other.close()


@pytest.fixture
def store(stores: tuple[DatabaseSignIns, DatabaseSignIns]) -> DatabaseSignIns:
    return stores[0]


async def test_what_is_added_is_found(
    stores: tuple[DatabaseSignIns, DatabaseSignIns],
) -> None:
    here, there = stores
    await here.add(ONE)

    assert await there.get(ONE.key) == ONE
    assert await there.find(Handle.TICKET, ONE.ticket) == ONE
    assert await there.find(Handle.CODE, ONE.code) == ONE
    assert await there.find(Handle.CODE, ONE.ticket) is None
    assert await there.find(Handle.BROWSER, "") is None
    assert await there.get("x") is None


async def test_the_newest_counts(store: DatabaseSignIns) -> None:
    await store.add(ONE)
    newer = replace(ONE, key="9" * 64, created_time=NOW + timedelta(seconds=1))
    await store.add(newer)

    assert await store.find(Handle.CODE, ONE.code) == newer


async def test_one_browser_opens_it(stores: tuple[DatabaseSignIns, DatabaseSignIns]) -> None:
    await stores[0].add(ONE)

    won = await asyncio.gather(
        *(stores[number % 2].open(ONE.key, f"browser-{number}") for number in range(10))
    )

    assert sum(won) == 1
    found = await stores[0].find(Handle.BROWSER, f"browser-{won.index(True)}")
    assert found is not None
    assert found.key == ONE.key


async def test_a_state_is_left_once(stores: tuple[DatabaseSignIns, DatabaseSignIns]) -> None:
    await stores[0].add(ONE)
    ends = (SignInState.FINISHING, SignInState.FAILED, SignInState.CANCELLED) * 3

    won = await asyncio.gather(
        *(
            stores[number % 2].move(ONE.key, SignInState.PENDING, end, message=end.name)
            for number, end in enumerate(ends)
        )
    )

    assert sum(won) == 1
    found = await stores[1].get(ONE.key)
    assert found is not None
    assert found.state is ends[won.index(True)]
    assert found.message == found.state.name
    assert not await stores[0].open(ONE.key, "late")


async def test_old_ones_are_forgotten_and_open_ones_counted(store: DatabaseSignIns) -> None:
    old = replace(ONE, key="7" * 64, expire_time=NOW - timedelta(days=2))
    await store.add(ONE)
    await store.add(old)
    await store.add(replace(ONE, key="8" * 64, state=SignInState.SUCCEEDED))

    assert await store.count_open(NOW) == 1
    assert await store.count_open(ONE.expire_time) == 0
    await store.forget(NOW - timedelta(days=1), unopened_before=NOW - timedelta(days=1))
    assert await store.get(old.key) is None
    assert await store.get(ONE.key) == ONE


async def test_signing_out_forgets_the_account_s_ended_sign_ins(tmp_path: Path) -> None:
    database = await open_database(sqlite_url(tmp_path / "server.db"))
    sign_ins, open_one = DatabaseSignIns(database), replace(ONE, key="a" * 64)
    of_berta = replace(ONE, key="b" * 64, account="berta", state=SignInState.SUCCEEDED)
    for each in (replace(ONE, state=SignInState.SUCCEEDED), open_one, of_berta):
        await sign_ins.add(each)

    await DatabaseAccountStore(database, TokenCipher([Fernet.generate_key()])).delete("anna")

    assert await sign_ins.get(ONE.key) is None
    assert await sign_ins.get(open_one.key) == open_one
    assert await sign_ins.get(of_berta.key) == of_berta
    await database.close()
