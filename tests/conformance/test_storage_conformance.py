"""The account store, the same on SQLite and on PostgreSQL; also when several servers share it."""

import asyncio
from collections.abc import AsyncIterator, Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import partial

import pytest
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from applemusic_server.application.brought_token import check_is_nobody_elses
from applemusic_server.domain.account import Account, SubscriptionState
from applemusic_server.domain.errors import FailedPreconditionError, Reason, UnavailableError
from applemusic_server.domain.secret import Secret
from applemusic_server.storage.accounts import DatabaseAccountStore
from applemusic_server.storage.database import Database, open_database
from applemusic_server.storage.schema import ACCOUNTS
from applemusic_server.storage.token_cipher import TokenCipher

NOW = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
TOKEN = "canary-music-user-token-" + "x" * 40
KEY = Fernet.generate_key()
ANNA = Account(
    id="anna",
    music_user_token=Secret(TOKEN),
    storefront="de",
    token_first_seen_time=NOW,
    display_name="Anna Ö. 🎧",
    language_tags=("de-DE", "en-GB"),
    subscription_state=SubscriptionState.ACTIVE,
    team_id="TEAM123456",
)


@pytest.fixture
def store(database: Database) -> DatabaseAccountStore:
    return DatabaseAccountStore(database, TokenCipher([KEY]))


@pytest.fixture
async def replica(database_url: str) -> AsyncIterator[Database]:
    """Another server's view of the same database."""
    opened = await open_database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def other_store(replica: Database) -> DatabaseAccountStore:
    return DatabaseAccountStore(replica, TokenCipher([KEY]))


async def test_what_a_check_refuses_is_not_stored(store: DatabaseAccountStore) -> None:
    seen: list[list[str]] = []

    def refuse(accounts: Collection[Account]) -> None:
        seen.append(sorted(each.id for each in accounts))
        raise FailedPreconditionError(Reason.MUSIC_USER_TOKEN_IN_USE, "no")

    await store.put(ANNA, check=lambda _: None)
    with pytest.raises(FailedPreconditionError):
        await store.put(replace(ANNA, id="berta"), check=refuse)
    assert seen == [["anna"]]
    assert await store.list() == (ANNA,)


async def test_of_many_servers_one_puts_a_token_behind_an_account(
    store: DatabaseAccountStore, other_store: DatabaseAccountStore
) -> None:
    async def bring(server: DatabaseAccountStore, name: str) -> None:
        check = partial(check_is_nobody_elses, Secret(TOKEN), name)
        await server.put(replace(ANNA, id=name), check=check)

    ended = await asyncio.gather(
        *(bring((store, other_store)[each % 2], f"a{each}") for each in range(8)),
        # Changes of other accounts wait, and nobody waits for each other.
        *(other_store.update("a0", Account.with_rejected) for _ in range(4)),
        return_exceptions=True,
    )
    refused = [each for each in ended if isinstance(each, BaseException)]
    assert len(await store.list()) == 1
    assert len(refused) == 7
    for each in refused:
        assert isinstance(each, FailedPreconditionError), each


async def test_what_is_put_comes_back(store: DatabaseAccountStore) -> None:
    await store.put(ANNA)

    assert await store.get("anna") == ANNA
    assert await store.get("berta") is None


async def test_put_replaces_and_list_is_sorted(store: DatabaseAccountStore) -> None:
    await store.put(replace(ANNA, id="zoe"))
    await store.put(ANNA)
    renewed = replace(ANNA, rejected=True, token_renewed_time=NOW + timedelta(days=1))
    await store.put(renewed)

    assert [account.id for account in await store.list()] == ["anna", "zoe"]
    assert await store.get("anna") == renewed


async def test_delete_says_whether_there_was_one(store: DatabaseAccountStore) -> None:
    await store.put(ANNA)

    assert await store.delete("anna")
    assert not await store.delete("anna")
    assert await store.list() == ()


async def test_times_are_kept_in_utc(store: DatabaseAccountStore) -> None:
    tokyo = NOW.astimezone(timezone(timedelta(hours=9)))
    await store.put(replace(ANNA, last_verified_time=tokyo))

    stored = await store.get("anna")

    assert stored is not None
    assert stored.last_verified_time == NOW
    assert stored.last_verified_time.utcoffset() == timedelta(0)


async def test_a_moment_without_a_time_zone_is_refused(store: DatabaseAccountStore) -> None:
    with pytest.raises(Exception, match="time zone"):
        await store.put(replace(ANNA, last_verified_time=NOW.replace(tzinfo=None)))


async def test_with_a_wrong_key_the_account_is_listed_without_token(database: Database) -> None:
    await DatabaseAccountStore(database, TokenCipher([KEY])).put(ANNA)
    other = DatabaseAccountStore(database, TokenCipher([Fernet.generate_key()]))

    (account,) = await other.list()

    assert account.music_user_token is None
    assert account.storefront == "de"
    with pytest.raises(FailedPreconditionError) as caught:
        await other.put(account.with_rejected())
    assert caught.value.reason is Reason.STORAGE_KEY_MISMATCH


async def test_a_second_key_still_opens_what_the_first_one_closed(database: Database) -> None:
    await DatabaseAccountStore(database, TokenCipher([KEY])).put(ANNA)
    rotated = DatabaseAccountStore(database, TokenCipher([Fernet.generate_key(), KEY]))

    assert await rotated.get("anna") == ANNA


async def test_a_database_that_cannot_be_written_says_so(
    store: DatabaseAccountStore, database: Database
) -> None:
    async with database.writing() as connection:
        await connection.exec_driver_sql("DROP TABLE accounts")

    with pytest.raises(UnavailableError) as caught:
        await store.put(ANNA)

    assert caught.value.reason is Reason.STORAGE_UNAVAILABLE
    assert TOKEN not in str(caught.value)
    assert "anna" not in str(caught.value)


async def test_too_few_connections_are_a_passing_failure(database: Database) -> None:
    with pytest.raises(UnavailableError) as caught:
        async with database.reading():
            raise PoolTimeoutError("QueuePool limit")  # as SQLAlchemy does when none is free
    assert caught.value.reason is Reason.STORAGE_UNAVAILABLE


async def test_ids_are_sorted_as_code_points_whatever_the_database_thinks(
    store: DatabaseAccountStore,
) -> None:
    for name in ("b", "B", "a-1", "a1", "_", "A"):
        await store.put(replace(ANNA, id=name))

    assert [account.id for account in await store.list()] == ["A", "B", "_", "a-1", "a1", "b"]


async def test_what_one_server_stores_the_other_sees(
    store: DatabaseAccountStore, other_store: DatabaseAccountStore
) -> None:
    await store.put(ANNA)
    assert await other_store.get("anna") == ANNA

    assert await other_store.delete("anna")
    assert await store.get("anna") is None


async def test_update_changes_what_is_stored_or_leaves_it(store: DatabaseAccountStore) -> None:
    await store.put(ANNA)

    assert await store.update("anna", Account.with_rejected) == ANNA.with_rejected()
    assert await store.update("anna", lambda _: None) is None
    assert await store.get("anna") == ANNA.with_rejected()


async def test_update_does_not_bring_back_who_signed_out(
    store: DatabaseAccountStore, other_store: DatabaseAccountStore
) -> None:
    await store.put(ANNA)
    await other_store.delete("anna")

    assert await store.update("anna", Account.with_rejected) is None
    assert await store.list() == ()


async def test_updates_at_once_come_one_after_the_other(
    store: DatabaseAccountStore, other_store: DatabaseAccountStore
) -> None:
    await store.put(replace(ANNA, display_name=""))
    stores = (store, other_store)

    def append(account: Account) -> Account:
        return replace(account, display_name=account.display_name + "x")

    await asyncio.gather(*(stores[n % 2].update("anna", append) for n in range(12)))

    account = await store.get("anna")
    assert account is not None
    assert account.display_name == "x" * 12


async def test_several_that_put_the_same_new_account_at_once(
    store: DatabaseAccountStore, other_store: DatabaseAccountStore
) -> None:
    stores = (store, other_store)
    accounts = [replace(ANNA, display_name=f"Anna {number}") for number in range(8)]

    await asyncio.gather(*(stores[n % 2].put(each) for n, each in enumerate(accounts)))

    (account,) = await store.list()
    assert account in accounts


async def insert_twice(database: Database) -> None:
    values = DatabaseAccountStore(database, TokenCipher([KEY]))._values(ANNA)
    async with database.writing() as connection:
        await connection.execute(insert(ACCOUNTS).values(values))
        await connection.execute(insert(ACCOUNTS).values(values))


async def test_a_transaction_that_fails_leaves_nothing_and_quotes_nothing(
    database: Database, store: DatabaseAccountStore
) -> None:
    with pytest.raises(UnavailableError) as caught:
        await insert_twice(database)

    said = repr(caught.value) + str(caught.value) + str(caught.value.__cause__)
    assert caught.value.reason is Reason.STORAGE_UNAVAILABLE
    assert "anna" not in said
    assert "Anna" not in said
    assert await store.list() == ()


async def test_a_reader_sees_one_moment(
    database: Database, store: DatabaseAccountStore, other_store: DatabaseAccountStore
) -> None:
    await store.put(ANNA)
    async with database.reading() as connection:
        before = (await connection.execute(select(ACCOUNTS.c.id))).all()
        await other_store.put(replace(ANNA, id="berta"))
        after = (await connection.execute(select(ACCOUNTS.c.id))).all()

    assert before == after
    assert len(await store.list()) == 2


async def test_more_callers_than_connections_wait_their_turn(store: DatabaseAccountStore) -> None:
    await asyncio.gather(*(store.put(replace(ANNA, id=f"a{number}")) for number in range(40)))

    lists = await asyncio.gather(*(store.list() for _ in range(40)))

    assert {len(accounts) for accounts in lists} == {40}


async def test_a_caller_who_goes_away_leaves_the_connections_usable(
    database: Database, store: DatabaseAccountStore
) -> None:
    async def stay_in_transaction(entered: asyncio.Event) -> None:
        async with database.writing() as connection:
            await connection.execute(ACCOUNTS.delete())
            entered.set()
            await asyncio.Event().wait()

    await store.put(ANNA)
    for _ in range(12):  # more than there are connections
        entered = asyncio.Event()
        task = asyncio.create_task(stay_in_transaction(entered))
        await entered.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert await store.get("anna") == ANNA


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=200),
    token=st.text("abcXYZ019+/=_.-", min_size=32, max_size=200),
    tags=st.lists(st.sampled_from(["de-DE", "en-GB", "zh-Hant-TW"]), unique=True),
    moment=st.datetimes(timezones=st.just(UTC)) | st.none(),
)
async def test_every_account_comes_back_as_it_was(
    store: DatabaseAccountStore,
    name: str,
    token: str,
    tags: list[str],
    moment: datetime | None,
) -> None:
    account = replace(
        ANNA,
        display_name=name,
        music_user_token=Secret(token),
        language_tags=tuple(tags),
        token_renewed_time=moment,
    )
    await store.put(account)

    assert await store.get("anna") == account
