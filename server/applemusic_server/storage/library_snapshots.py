"""Keeps libraries as they were last read."""

import uuid
from array import array
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, Select, and_, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from applemusic_server.domain.sync import (
    ItemMark,
    LiveItem,
    PageMark,
    ReadPage,
    SeenItems,
    Snapshot,
    SyncRun,
)
from applemusic_server.storage.database import Database
from applemusic_server.storage.item_writer import ItemWriter, lock_snapshot
from applemusic_server.storage.one_of import one_of
from applemusic_server.storage.schema import (
    LIBRARY_ITEMS,
    LIBRARY_PAGES,
    LIBRARY_SNAPSHOTS,
    LIBRARY_SYNCS,
)
from applemusic_server.storage.unbroken import unbroken
from applemusic_server.storage.upsert import upsert

# How long removals are told, and interrupted syncs can be taken up again.
REMOVALS_KEPT: Final = timedelta(days=90)
SYNCS_KEPT: Final = timedelta(days=7)
_IDS_PER_QUERY: Final = 500


class DatabaseLibrarySnapshots:
    """The `LibrarySnapshots` of `domain.sync`."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        """Take the database and the time now, in UTC."""
        self._database = database
        self._now = now

    @unbroken
    async def open(self, account_id: str, variant: str) -> Snapshot:
        """Return the snapshot of an account's library as read in one way; made when absent."""
        table = LIBRARY_SNAPSHOTS
        wanted = and_(table.c.account == account_id, table.c.variant == variant)
        async with self._database.reading() as connection:
            row = (
                await connection.execute(select(table.c.id, table.c.epoch).where(wanted))
            ).first()
        if row is None:
            fresh = {
                "account": account_id,
                "variant": variant,
                "epoch": uuid.uuid4().hex,
                "sequence": 0,
                "next_number": 0,
                "forgotten_sequence": 0,
            }
            # Another server may have made it since; then that one counts, as it is.
            async with self._database.writing() as connection:
                statement = upsert(
                    connection, table, fresh, keys=("account", "variant"), change=()
                ).returning(table.c.id, table.c.epoch)
                row = (await connection.execute(statement)).one()
        return Snapshot(row.id, row.epoch, account_id)

    @unbroken
    async def begin(self, snapshot: Snapshot) -> int:
        """Begin a sync and return its id."""
        table = LIBRARY_SNAPSHOTS
        async with self._database.writing() as connection:
            await lock_snapshot(connection, snapshot)
            bumped = await connection.execute(
                update(table)
                .where(table.c.id == snapshot.key)
                .values(sequence=table.c.sequence + 1)
                .returning(table.c.sequence)
            )
            return int(bumped.scalar_one())

    @unbroken
    async def is_known(self, snapshot: Snapshot, sync_id: int) -> bool:
        """Whether changes since that sync can still be told."""
        table = LIBRARY_SNAPSHOTS
        async with self._database.reading() as connection:
            rows = await connection.execute(select(table).where(table.c.id == snapshot.key))
            row = rows.first()
            return (
                row is not None
                and row.epoch == snapshot.epoch
                and row.forgotten_sequence <= sync_id <= row.sequence
            )

    @unbroken
    async def page_marks(self, run: SyncRun, kind: str) -> Mapping[int, PageMark]:
        """Return what is remembered of a list's pages, by offset."""
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(LIBRARY_PAGES).where(
                    LIBRARY_PAGES.c.snapshot_id == run.snapshot.key, LIBRARY_PAGES.c.kind == kind
                )
            )
            return {row.start: _page_mark(row) for row in rows}

    @unbroken
    async def record(
        self,
        run: SyncRun,
        kind: str,
        items: Sequence[ItemMark],
        *,
        pages: Sequence[ReadPage] = (),
        seen: SeenItems | None = None,
    ) -> tuple[bool, ...]:
        """Remember items, pages and what was seen, all or nothing; add the items to `seen`."""
        async with self._database.writing() as connection:
            writer = ItemWriter(connection, run, kind)
            owed, numbers = await writer.write(items, pages)
            if seen is not None:
                for number in numbers:
                    seen.add(number)
                await self._save_seen(connection, run, kind, seen)
            return owed

    @unbroken
    async def owed(self, run: SyncRun, kind: str, ids: Sequence[str]) -> frozenset[str]:
        """Return those of the ids that are not remembered, or of which news are owed."""
        known: set[str] = set()
        async with self._database.reading() as connection:
            for start in range(0, len(ids), _IDS_PER_QUERY):
                rows = await connection.execute(
                    _items(run, kind).where(
                        one_of(
                            connection,
                            LIBRARY_ITEMS.c.id,
                            ids[start : start + _IDS_PER_QUERY],
                        ),
                        LIBRARY_ITEMS.c.removed_time.is_(None),
                    )
                )
                known |= {row.id for row in rows if not run.owes(row.sequence, row.changed_by)}
        return frozenset(ids) - known

    @unbroken
    async def seen(self, run: SyncRun, kind: str) -> SeenItems | None:
        """Return what was seen before the run was interrupted; None when that is not known."""
        async with self._database.reading() as connection:
            rows = await connection.execute(select(LIBRARY_SYNCS.c.seen).where(_of_run(run, kind)))
            bits = rows.scalar()
            return None if bits is None else SeenItems(bits)

    @unbroken
    async def live(self, run: SyncRun, kind: str, after: str, limit: int) -> Sequence[LiveItem]:
        """Return items by id that are not marked removed."""
        table = LIBRARY_ITEMS
        # Every sync goes through all of them: no more columns than are needed.
        wanted = _items(run, kind).with_only_columns(table.c.id, table.c.name, table.c.number)
        async with self._database.reading() as connection:
            rows = await connection.execute(
                wanted.where(table.c.id > after, table.c.removed_time.is_(None))
                .order_by(table.c.id)
                .limit(limit)
            )
            return [LiveItem(*row) for row in rows]

    @unbroken
    async def remove(self, run: SyncRun, kind: str, ids: Sequence[str]) -> None:
        """Mark items removed."""
        async with self._database.writing() as connection:
            await ItemWriter(connection, run, kind).remove(ids, self._now())

    @unbroken
    async def removed(
        self, run: SyncRun, kind: str, after: str, limit: int
    ) -> Sequence[tuple[str, str]]:
        """Return ids and names of removed items whose removal the caller is owed, by id.

        A caller without a base can know only what this very sync sent, before it was interrupted or
        while it read: that alone may have gone since.
        """
        known_since = run.base or run.id - 1
        async with self._database.reading() as connection:
            rows = await connection.execute(
                _items(run, kind)
                .where(
                    LIBRARY_ITEMS.c.id > after,
                    LIBRARY_ITEMS.c.removed_time.is_not(None),
                    LIBRARY_ITEMS.c.sequence > known_since,
                    LIBRARY_ITEMS.c.changed_by != run.base,
                )
                .order_by(LIBRARY_ITEMS.c.id)
                .limit(limit)
            )
            return [(row.id, row.name) for row in rows]

    @unbroken
    async def forget_pages(self, run: SyncRun, kind: str, offset: int) -> None:
        """Forget the pages of a list from an offset on."""
        async with self._database.writing() as connection:
            await lock_snapshot(connection, run.snapshot)
            await connection.execute(
                delete(LIBRARY_PAGES).where(
                    LIBRARY_PAGES.c.snapshot_id == run.snapshot.key,
                    LIBRARY_PAGES.c.kind == kind,
                    LIBRARY_PAGES.c.start >= offset,
                )
            )

    @unbroken
    async def finish(self, run: SyncRun) -> None:
        """Forget what only the interrupted run needs, and removals too old to tell."""
        syncs, items, now = LIBRARY_SYNCS, LIBRARY_ITEMS, self._now()
        old = and_(
            items.c.snapshot_id == run.snapshot.key, items.c.removed_time < now - REMOVALS_KEPT
        )
        async with self._database.writing() as connection:
            await lock_snapshot(connection, run.snapshot)
            await connection.execute(
                delete(syncs).where(
                    syncs.c.snapshot_id == run.snapshot.key,
                    (syncs.c.sync_id == run.id) | (syncs.c.saved_time < now - SYNCS_KEPT),
                )
            )
            newest = (
                await connection.execute(select(func.max(items.c.sequence)).where(old))
            ).scalar()
            if newest is not None:
                await connection.execute(
                    update(LIBRARY_SNAPSHOTS)
                    .where(LIBRARY_SNAPSHOTS.c.id == run.snapshot.key)
                    .values(forgotten_sequence=newest)
                )
                await connection.execute(delete(items).where(old))

    async def _save_seen(
        self, connection: AsyncConnection, run: SyncRun, kind: str, seen: SeenItems
    ) -> None:
        values = {
            "snapshot_id": run.snapshot.key,
            "sync_id": run.id,
            "kind": kind,
            "seen": bytes(seen),
            "saved_time": self._now(),
        }
        keys = ("snapshot_id", "sync_id", "kind")
        await connection.execute(upsert(connection, LIBRARY_SYNCS, values, keys=keys))


def _items(run: SyncRun, kind: str) -> Select[Any]:
    return select(LIBRARY_ITEMS).where(
        LIBRARY_ITEMS.c.snapshot_id == run.snapshot.key, LIBRARY_ITEMS.c.kind == kind
    )


def _of_run(run: SyncRun, kind: str) -> Any:
    return and_(
        LIBRARY_SYNCS.c.snapshot_id == run.snapshot.key,
        LIBRARY_SYNCS.c.sync_id == run.id,
        LIBRARY_SYNCS.c.kind == kind,
    )


def _page_mark(row: Row[Any]) -> PageMark:
    numbers = array("I")
    numbers.frombytes(row.numbers)
    return PageMark(row.digest, row.total_count, numbers, row.sequence, row.changed_by)
