"""Writes what a sync found into a snapshot, inside one transaction."""

from array import array
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from applemusic_server.domain.errors import NotFoundError, Reason
from applemusic_server.domain.sync import ItemMark, ReadPage, Snapshot, SyncRun
from applemusic_server.storage.one_of import one_of
from applemusic_server.storage.schema import LIBRARY_ITEMS, LIBRARY_PAGES, LIBRARY_SNAPSHOTS

_IDS_PER_QUERY: Final = 500


class ItemWriter:
    """Compares items with what is remembered of them, and stamps what differs.

    Args:
        connection: In a transaction that writes.
        run: The sync.
        kind: Of the items.
    """

    def __init__(self, connection: AsyncConnection, run: SyncRun, kind: str) -> None:
        self._connection = connection
        self._run = run
        self._kind = kind
        self._keys = {"snapshot_id": run.snapshot.key, "kind": kind}

    async def write(
        self, items: Sequence[ItemMark], pages: Sequence[ReadPage]
    ) -> tuple[tuple[bool, ...], tuple[int, ...]]:
        """Write items and pages.

        Returns:
            For each item whether the caller is owed it, and the items' numbers.
        """
        await self._lock()
        marks = {item.id: item for item in items}
        known = await self._known(marks)
        fresh = [mark for each, mark in marks.items() if each not in known]
        changed = [
            mark for each, mark in marks.items() if each in known and _differs(known[each], mark)
        ]
        other_pages = await self._other_pages(pages)
        if not (fresh or changed or other_pages):
            return self._owed(items, known, set()), self._numbers(items, known, {})
        sequence, first = await self._advance(len(fresh))
        numbers = {mark.id: first + place for place, mark in enumerate(fresh)}
        await self._insert(fresh, numbers, sequence)
        await self._update(changed, sequence)
        all_numbers = {each: row.number for each, row in known.items()} | numbers
        await self._write_pages(other_pages, all_numbers, sequence)
        written = {mark.id for mark in (*fresh, *changed)}
        return self._owed(items, known, written), self._numbers(items, known, numbers)

    async def remove(self, ids: Sequence[str], when: datetime) -> None:
        """Mark items removed, and forget their fingerprints, so that a return is a change."""
        if not ids:
            return
        await self._lock()
        sequence, _ = await self._advance(0)
        for start in range(0, len(ids), _IDS_PER_QUERY):
            await self._connection.execute(
                update(LIBRARY_ITEMS)
                .where(
                    LIBRARY_ITEMS.c.snapshot_id == self._run.snapshot.key,
                    LIBRARY_ITEMS.c.kind == self._kind,
                    one_of(
                        self._connection, LIBRARY_ITEMS.c.id, ids[start : start + _IDS_PER_QUERY]
                    ),
                )
                .values(
                    sequence=sequence,
                    changed_by=self._run.id,
                    removed_time=when,
                    fingerprint=b"",
                )
            )

    async def _lock(self) -> None:
        await lock_snapshot(self._connection, self._run.snapshot)

    async def _advance(self, fresh: int) -> tuple[int, int]:
        """Return the next sequence number, and the first of so many item numbers."""
        table = LIBRARY_SNAPSHOTS
        row = await self._connection.execute(
            update(table)
            .where(table.c.id == self._run.snapshot.key)
            .values(sequence=table.c.sequence + 1, next_number=table.c.next_number + fresh)
            .returning(table.c.sequence, table.c.next_number)
        )
        sequence, next_number = row.one()
        return sequence, next_number - fresh

    async def _known(self, ids: Iterable[str]) -> dict[str, Any]:
        table, wanted = LIBRARY_ITEMS, list(ids)
        found: dict[str, Any] = {}
        for start in range(0, len(wanted), _IDS_PER_QUERY):
            rows = await self._connection.execute(
                select(
                    table.c.id,
                    table.c.number,
                    table.c.fingerprint,
                    table.c.sequence,
                    table.c.changed_by,
                ).where(
                    table.c.snapshot_id == self._run.snapshot.key,
                    table.c.kind == self._kind,
                    one_of(self._connection, table.c.id, wanted[start : start + _IDS_PER_QUERY]),
                )
            )
            found.update((row.id, row) for row in rows)
        return found

    async def _other_pages(self, pages: Sequence[ReadPage]) -> list[ReadPage]:
        """Return the pages that are not as they were."""
        if not pages:
            return []
        table = LIBRARY_PAGES
        rows = await self._connection.execute(
            select(table.c.start, table.c.digest).where(
                table.c.snapshot_id == self._run.snapshot.key,
                table.c.kind == self._kind,
                one_of(self._connection, table.c.start, [page.offset for page in pages]),
            )
        )
        known = {row.start: row.digest for row in rows}
        return [page for page in pages if known.get(page.offset) != page.digest]

    async def _insert(
        self, marks: Sequence[ItemMark], numbers: dict[str, int], sequence: int
    ) -> None:
        if marks:
            await self._connection.execute(
                insert(LIBRARY_ITEMS),
                [
                    {
                        **self._keys,
                        "id": mark.id,
                        "number": numbers[mark.id],
                        "fingerprint": mark.fingerprint,
                        "name": mark.name,
                        "sequence": sequence,
                        "changed_by": self._run.id,
                        "removed_time": None,
                    }
                    for mark in marks
                ],
            )

    async def _update(self, marks: Sequence[ItemMark], sequence: int) -> None:
        if marks:
            table = LIBRARY_ITEMS
            await self._connection.execute(
                update(table)
                .where(
                    table.c.snapshot_id == self._run.snapshot.key,
                    table.c.kind == self._kind,
                    table.c.id == bindparam("item_id"),
                )
                .values(
                    fingerprint=bindparam("new_fingerprint"),
                    name=bindparam("new_name"),
                    sequence=sequence,
                    changed_by=self._run.id,
                    removed_time=None,
                ),
                [
                    {
                        "item_id": mark.id,
                        "new_fingerprint": mark.fingerprint,
                        "new_name": mark.name,
                    }
                    for mark in marks
                ],
            )

    async def _write_pages(
        self, pages: Sequence[ReadPage], numbers: dict[str, int], sequence: int
    ) -> None:
        if not pages:
            return
        table = LIBRARY_PAGES
        await self._connection.execute(
            delete(table).where(
                and_(
                    table.c.snapshot_id == self._run.snapshot.key,
                    table.c.kind == self._kind,
                    one_of(self._connection, table.c.start, [page.offset for page in pages]),
                )
            )
        )
        await self._connection.execute(
            insert(table),
            [
                {
                    **self._keys,
                    "start": page.offset,
                    "digest": page.digest,
                    "total_count": page.total_count,
                    "numbers": array("I", (numbers[each] for each in page.item_ids)).tobytes(),
                    "sequence": sequence,
                    "changed_by": self._run.id,
                }
                for page in pages
            ],
        )

    def _owed(
        self, items: Sequence[ItemMark], known: dict[str, Any], written: set[str]
    ) -> tuple[bool, ...]:
        return tuple(
            item.id in written or self._run.owes(known[item.id].sequence, known[item.id].changed_by)
            for item in items
        )

    @staticmethod
    def _numbers(
        items: Sequence[ItemMark], known: dict[str, Any], numbers: dict[str, int]
    ) -> tuple[int, ...]:
        return tuple(
            numbers[item.id] if item.id in numbers else known[item.id].number for item in items
        )


async def lock_snapshot(connection: AsyncConnection, snapshot: Snapshot) -> None:
    """Keep others that write this snapshot out until the transaction ends.

    SQLite does so for the whole database as it is.

    Raises:
        NotFoundError: ACCOUNT_NOT_FOUND, the account was signed out meanwhile.
    """
    table = LIBRARY_SNAPSHOTS
    rows = await connection.execute(
        select(table.c.id).where(table.c.id == snapshot.key).with_for_update()
    )
    if rows.first() is None:
        raise NotFoundError(
            Reason.ACCOUNT_NOT_FOUND,
            f"the account {snapshot.account_id!r} was signed out while its library was being read",
            metadata={"account": snapshot.account_id},
        )


def _differs(row: Any, mark: ItemMark) -> bool:
    return bool(row.fingerprint != mark.fingerprint)
