"""Leases, the care of tokens, and changes to accounts as one step, on each database."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet

from applemusic_server.domain.account import Account
from applemusic_server.domain.secret import Secret
from applemusic_server.domain.token_care import TokenCare
from applemusic_server.storage.accounts import DatabaseAccountStore
from applemusic_server.storage.database import Database, open_database
from applemusic_server.storage.leases import DatabaseLeases
from applemusic_server.storage.token_care import DatabaseTokenCareStore
from applemusic_server.storage.token_cipher import TokenCipher
from tests.support.apple_server import FakeTime

TIME = FakeTime()
ANNA = Account("anna", Secret("old-token-000000000000000000000000=="), "us", TIME.now)
CARE = TokenCare(TIME.now, 14, 3, TIME.now + timedelta(days=1))


class Replica:
    """One of several processes on one database."""

    def __init__(self, database: Database, time: FakeTime, cipher: TokenCipher) -> None:
        self.database = database
        self.leases = DatabaseLeases(database, time.utc)
        self.store = DatabaseAccountStore(database, cipher)
        self.care = DatabaseTokenCareStore(database)


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
async def replicas(database_url: str, time: FakeTime) -> AsyncIterator[list[Replica]]:
    cipher = TokenCipher([Fernet.generate_key()])
    made = [Replica(await open_database(database_url), time, cipher) for _ in range(3)]
    yield made
    for replica in made:
        await replica.database.close()


async def test_a_lease_is_one_holder_s_until_it_ends_or_is_given_back(
    replicas: list[Replica], time: FakeTime
) -> None:
    one, two, _ = (replica.leases for replica in replicas)
    assert await one.acquire("renew anna", "one", 60)
    assert not await two.acquire("renew anna", "two", 60)
    assert await two.acquire("renew berta", "two", 60)
    time.now += timedelta(seconds=59)
    assert await one.acquire("renew anna", "one", 60)  # prolonged
    time.now += timedelta(seconds=59)
    assert not await two.acquire("renew anna", "two", 60)
    time.now += timedelta(seconds=2)
    assert await two.acquire("renew anna", "two", 60)  # one seems to be dead
    await one.release("renew anna", "one")  # and has nothing to give back any more
    assert not await one.acquire("renew anna", "one", 60)
    await two.release("renew anna", "two")
    assert await one.acquire("renew anna", "one", 60)


async def test_of_many_at_once_one_gets_it(replicas: list[Replica], time: FakeTime) -> None:
    for _ in range(5):
        got = await asyncio.gather(
            *(
                replica.leases.acquire("keeper", f"{number} {turn}", 30)
                for turn in range(4)
                for number, replica in enumerate(replicas)
            )
        )
        assert sum(got) == 1
        time.now += timedelta(seconds=31)


async def test_care_is_remembered_as_long_as_the_account(replicas: list[Replica]) -> None:
    one, two, _ = replicas
    await one.care.put("anna", CARE)
    assert await two.care.all() == {}  # nobody of this name
    await one.store.put(ANNA)
    await one.care.put("anna", CARE)
    assert await two.care.all() == {"anna": CARE}
    await two.care.put("anna", replace(CARE, next_attempt_time=None, failures=0))
    assert (await one.care.all())["anna"].next_attempt_time is None
    await one.store.delete("anna")
    assert await two.care.all() == {}


async def test_changes_from_everywhere_all_count(replicas: list[Replica]) -> None:
    await replicas[0].store.put(ANNA)

    def longer(account: Account) -> Account:
        return replace(account, display_name=account.display_name + "x")

    await asyncio.gather(*(each.store.update("anna", longer) for each in replicas * 5))
    changed = await replicas[0].store.get("anna")
    assert changed is not None
    assert changed.display_name == "x" * 15
    assert changed.music_user_token == ANNA.music_user_token


async def test_what_is_gone_or_left_is_not_written(replicas: list[Replica]) -> None:
    store = replicas[0].store
    assert await store.update("anna", lambda account: account) is None
    await store.put(ANNA)
    assert await store.update("anna", lambda _: None) is None
    assert await store.get("anna") == ANNA
    await store.delete("anna")
    # Who read it before it was signed out must not bring it back.
    assert await store.update("anna", lambda account: account.with_verified(TIME.now)) is None
    assert await store.list() == ()
