"""What is remembered of libraries, when several servers sync the same one at the same time."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from applemusic_server.domain.account import Account
from applemusic_server.domain.errors import NotFoundError, Reason
from applemusic_server.domain.secret import Secret
from applemusic_server.domain.sync import ItemMark, ReadPage, SeenItems, Snapshot, SyncRun
from applemusic_server.storage.accounts import DatabaseAccountStore
from applemusic_server.storage.database import Database, open_database
from applemusic_server.storage.library_snapshots import REMOVALS_KEPT, DatabaseLibrarySnapshots
from applemusic_server.storage.schema import LIBRARY_ITEMS, LIBRARY_SNAPSHOTS, LIBRARY_SYNCS
from applemusic_server.storage.token_cipher import TokenCipher

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = b"A" * 43 + b"="
SERVERS = 3


@pytest.fixture
async def replicas(database_url: str) -> AsyncIterator[Sequence[Database]]:
    """Several servers' views of the same database."""
    async with AsyncExitStack() as stack:
        opened = []
        for _ in range(SERVERS):
            opened.append(await open_database(database_url))
            stack.push_async_callback(opened[-1].close)
        yield opened


@pytest.fixture
def stores(replicas: Sequence[Database]) -> list[DatabaseLibrarySnapshots]:
    return [DatabaseLibrarySnapshots(database, lambda: NOW) for database in replicas]


def marks(numbers: Sequence[int], version: int = 0) -> list[ItemMark]:
    return [ItemMark(f"i.{n}", f"{n}/{version}".encode(), f"Song {n}") for n in numbers]


async def test_several_that_open_a_library_at_once_get_the_same_snapshot(
    stores: list[DatabaseLibrarySnapshots],
) -> None:
    opened = await asyncio.gather(*(store.open("anna", "de") for store in stores * 4))

    assert len(set(opened)) == 1
    assert opened[0].account_id == "anna"


async def test_no_two_syncs_get_the_same_id(stores: list[DatabaseLibrarySnapshots]) -> None:
    snapshot = await stores[0].open("anna", "de")

    ids = await asyncio.gather(*(store.begin(snapshot) for store in stores * 5))

    assert sorted(ids) == list(range(1, 16))


async def test_concurrent_syncs_of_one_library_number_each_item_once(
    stores: list[DatabaseLibrarySnapshots], replicas: Sequence[Database]
) -> None:
    snapshot = await stores[0].open("anna", "de")

    async def sync(store: DatabaseLibrarySnapshots, shift: int) -> SeenItems:
        run, seen = SyncRun(snapshot, await store.begin(snapshot), 0), SeenItems()
        for start in range(0, 200, 20):  # each begins elsewhere, all meet everywhere
            numbers = [(start + shift + n) % 200 for n in range(20)]
            page = ReadPage(start, f"{shift}".encode(), 200, tuple(f"i.{n}" for n in numbers))
            await store.record(run, "SONG", marks(numbers), pages=[page], seen=seen)
        return seen

    seen = await asyncio.gather(*(sync(store, 70 * n) for n, store in enumerate(stores)))

    async with replicas[0].reading() as connection:
        items = (await connection.execute(select(LIBRARY_ITEMS.c.number))).scalars().all()
        following = await connection.execute(select(LIBRARY_SNAPSHOTS.c.next_number))
        assert sorted(items) == list(range(200))
        assert following.scalar_one() == 200
    assert [len(each) for each in seen] == [200] * SERVERS


async def test_syncs_that_end_while_others_record_get_not_into_their_way(
    stores: list[DatabaseLibrarySnapshots],
) -> None:
    snapshot = await stores[0].open("anna", "de")
    long_ago = DatabaseLibrarySnapshots(stores[0]._database, lambda: NOW - 2 * REMOVALS_KEPT)
    first = SyncRun(snapshot, await long_ago.begin(snapshot), 0)
    await long_ago.record(first, "SONG", marks(range(300)), seen=SeenItems())
    await long_ago.remove(first, "SONG", [f"i.{n}" for n in range(0, 300, 2)])

    async def sync(store: DatabaseLibrarySnapshots, version: int) -> None:
        run = SyncRun(snapshot, await store.begin(snapshot), first.id)
        for start in range(0, 300, 50):
            numbers = range(start, start + 50)
            await store.record(run, "SONG", marks(numbers, version), seen=SeenItems())
        await store.remove(run, "SONG", [f"i.{n}" for n in range(0, 300, 3)])
        await store.finish(run)

    await asyncio.gather(*(sync(store, n) for n, store in enumerate(stores * 2, 1)))

    last = SyncRun(snapshot, await stores[0].begin(snapshot), 0)
    live = await stores[0].live(last, "SONG", "", 1000)
    assert len({each.number for each in live}) == len(live)
    assert await stores[0].is_known(snapshot, last.id)
    assert await stores[0].seen(first, "SONG") is None


async def test_who_signs_out_on_one_server_ends_the_sync_on_another(
    stores: list[DatabaseLibrarySnapshots], replicas: Sequence[Database]
) -> None:
    accounts = DatabaseAccountStore(replicas[1], TokenCipher([KEY]))
    await accounts.put(Account("anna", Secret("t" * 40), "de", NOW))
    snapshot = await stores[0].open("anna", "de")
    run = SyncRun(snapshot, await stores[0].begin(snapshot), 0)
    await stores[0].record(run, "SONG", marks(range(10)), seen=SeenItems())

    assert await accounts.delete("anna")

    for call in (
        stores[0].record(run, "SONG", marks(range(10, 20)), seen=SeenItems()),
        stores[0].remove(run, "SONG", ["i.1"]),
        stores[0].forget_pages(run, "SONG", 0),
        stores[0].finish(run),
        stores[0].begin(snapshot),
    ):
        with pytest.raises(NotFoundError) as caught:
            await call
        assert caught.value.reason is Reason.ACCOUNT_NOT_FOUND
        assert caught.value.metadata == {"account": "anna"}
    async with replicas[2].reading() as connection:
        for table in (LIBRARY_ITEMS, LIBRARY_SYNCS, LIBRARY_SNAPSHOTS):
            left = await connection.execute(select(func.count()).select_from(table))
            assert left.scalar_one() == 0


async def test_signing_out_while_syncs_run_neither_fails_nor_leaves_anything(
    stores: list[DatabaseLibrarySnapshots], replicas: Sequence[Database]
) -> None:
    accounts = DatabaseAccountStore(replicas[0], TokenCipher([KEY]))
    await accounts.put(Account("anna", Secret("t" * 40), "de", NOW))
    snapshots = [await stores[0].open("anna", variant) for variant in ("de", "en", "fr")]
    under_way = asyncio.Event()

    async def sync(store: DatabaseLibrarySnapshots, snapshot: Snapshot) -> None:
        run, number = SyncRun(snapshot, await store.begin(snapshot), 0), 0
        while True:
            await store.record(run, "SONG", marks(range(number, number + 30)))
            number += 10
            under_way.set()

    async def sign_out() -> bool:
        await under_way.wait()
        return await accounts.delete("anna")

    *ends, removed = await asyncio.gather(
        *(sync(store, snapshot) for store in stores for snapshot in snapshots),
        sign_out(),
        return_exceptions=True,
    )

    assert removed is True
    assert {type(each) for each in ends} == {NotFoundError}
    async with replicas[0].reading() as connection:
        for table in (LIBRARY_ITEMS, LIBRARY_SNAPSHOTS):
            left = await connection.execute(select(func.count()).select_from(table))
            assert left.scalar_one() == 0


async def test_names_that_no_database_can_keep_are_kept_readable(
    stores: list[DatabaseLibrarySnapshots],
) -> None:
    snapshot = await stores[0].open("anna", "de")
    run = SyncRun(snapshot, await stores[0].begin(snapshot), 0)
    names = ["half a \ud83c pair", "nul \0 inside", "whole 🎧", "\udc00\ud800"]

    items = [ItemMark(f"i.{n}", b"f", name) for n, name in enumerate(names)]
    await stores[0].record(run, "SONG", items)

    live = await stores[1].live(run, "SONG", "", 10)
    assert [each.name for each in live] == [
        "half a \ufffd pair",
        "nul \ufffd inside",
        "whole 🎧",
        "\ufffd\ufffd",
    ]


async def test_removals_are_told_by_any_server_and_in_the_order_of_ids(
    stores: list[DatabaseLibrarySnapshots],
) -> None:
    snapshot = await stores[0].open("anna", "de")
    first = SyncRun(snapshot, await stores[0].begin(snapshot), 0)
    await stores[0].record(first, "SONG", marks(range(25)))
    second = SyncRun(snapshot, await stores[1].begin(snapshot), first.id)
    await stores[1].remove(second, "SONG", [f"i.{n}" for n in range(25)])

    told: list[str] = []
    while part := await stores[2].removed(second, "SONG", told[-1] if told else "", 10):
        told += [each for each, _ in part]

    assert sorted(told) == sorted(f"i.{n}" for n in range(25))
    assert len(set(told)) == len(told)


async def test_old_syncs_are_forgotten_whoever_finishes(
    stores: list[DatabaseLibrarySnapshots],
) -> None:
    old = DatabaseLibrarySnapshots(stores[0]._database, lambda: NOW - timedelta(days=8))
    snapshot = await old.open("anna", "de")
    abandoned = SyncRun(snapshot, await old.begin(snapshot), 0)
    await old.record(abandoned, "SONG", marks(range(3)), seen=SeenItems())
    run = SyncRun(snapshot, await stores[1].begin(snapshot), 0)

    await stores[1].finish(run)

    assert await stores[2].seen(abandoned, "SONG") is None
