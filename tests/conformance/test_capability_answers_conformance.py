"""What Apple said about accounts, on each database."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import insert

from applemusic_server.domain.account import Account
from applemusic_server.domain.capability import Capability, CapabilityAnswer, KnownAnswer
from applemusic_server.domain.secret import Secret
from applemusic_server.storage.accounts import DatabaseAccountStore
from applemusic_server.storage.capability_answers import DatabaseCapabilityStore
from applemusic_server.storage.database import Database, open_database
from applemusic_server.storage.schema import CAPABILITY_ANSWERS
from applemusic_server.storage.token_cipher import TokenCipher
from tests.support.apple_server import FakeTime

NOW = FakeTime().now
ANNA = Account("anna", Secret("a-token-000000000000000000000000000=="), "us", NOW)
ALLOWED = KnownAnswer(CapabilityAnswer.ALLOWED, NOW + timedelta(days=1))
REFUSED = KnownAnswer(CapabilityAnswer.REFUSED, NOW + timedelta(days=2))
ANSWERS = {Capability.LYRICS: ALLOWED, Capability.PLAYLIST_EDIT_MOVE: REFUSED}


@pytest.fixture
def accounts(database: Database) -> DatabaseAccountStore:
    return DatabaseAccountStore(database, TokenCipher([Fernet.generate_key()]))


@pytest.fixture
def store(database: Database) -> DatabaseCapabilityStore:
    return DatabaseCapabilityStore(database)


async def test_it_is_kept_for_all_replicas_and_changed(
    accounts: DatabaseAccountStore, store: DatabaseCapabilityStore, database_url: str
) -> None:
    assert not await store.put("anna", ANSWERS)  # nobody of this name
    await accounts.put(ANNA)
    assert await store.put("anna", ANSWERS, ANNA.token_first_seen_time)
    await accounts.put(replace(ANNA, id="berta"))
    assert await store.of("berta") == {}
    other = await open_database(database_url)
    try:
        assert await DatabaseCapabilityStore(other).of("anna") == ANSWERS
        await DatabaseCapabilityStore(other).put("anna", {Capability.LYRICS: REFUSED})
    finally:
        await other.close()
    assert await store.of("anna") == {**ANSWERS, Capability.LYRICS: REFUSED}


@pytest.mark.parametrize("signs_out", [True, False])
async def test_it_goes_with_the_sign_in(
    accounts: DatabaseAccountStore, store: DatabaseCapabilityStore, *, signs_out: bool
) -> None:
    await accounts.put(ANNA)
    await store.put("anna", ANSWERS)
    await accounts.update("anna", lambda account: account.with_verified(NOW))
    assert await store.of("anna") == ANSWERS  # the same sign-in
    if signs_out:
        await accounts.delete("anna")
    else:
        await accounts.put(replace(ANNA, token_first_seen_time=NOW + timedelta(seconds=1)))
    assert await store.of("anna") == {}
    # A probe that began before is about somebody else.
    assert not await store.put("anna", ANSWERS, ANNA.token_first_seen_time)
    assert await store.of("anna") == {}


async def test_what_a_newer_server_knows_is_left_alone(
    accounts: DatabaseAccountStore, store: DatabaseCapabilityStore, database: Database
) -> None:
    await accounts.put(ANNA)
    await store.put("anna", ANSWERS)
    async with database.writing() as connection:
        for capability, answer in (("teleport", "allowed"), ("library_add", "perhaps")):
            row = {"account": "anna", "capability": capability, "answer": answer}
            values = {**row, "expire_time": NOW}
            await connection.execute(insert(CAPABILITY_ANSWERS).values(values))
    assert await store.of("anna") == ANSWERS
