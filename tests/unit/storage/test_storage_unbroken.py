"""A caller that goes away in the middle of a write leaves no locked database behind."""

import ast
import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiosqlite
import pytest

from applemusic_server import storage
from applemusic_server.domain.sync import ItemMark, SeenItems, SyncRun
from applemusic_server.storage.database import open_database, sqlite_url
from applemusic_server.storage.library_snapshots import DatabaseLibrarySnapshots
from applemusic_server.storage.sign_ins import DatabaseSignIns
from applemusic_server.storage.unbroken import unbroken

BARE = {("database", "write"), ("key_rotation", "count_uses"), ("key_rotation", "encrypt_anew")}


async def test_a_sync_that_is_left_while_it_writes_locks_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await open_database(sqlite_url(tmp_path / "a.db"))
    snapshots = DatabaseLibrarySnapshots(database, lambda: datetime.now(UTC))
    snapshot = await snapshots.open("account", "variant")
    run = SyncRun(snapshot, await snapshots.begin(snapshot), 0)
    execute, at_work = aiosqlite.Cursor.executemany, asyncio.Event()

    def executemany(cursor: aiosqlite.Cursor, sql: str, rows: Any) -> Any:
        at_work.set()
        return execute(cursor, sql, rows)

    monkeypatch.setattr(aiosqlite.Cursor, "executemany", executemany)
    for turn in range(3):
        at_work.clear()
        marks = [ItemMark(f"{turn} {number}", b"x") for number in range(5000)]
        work = asyncio.create_task(snapshots.record(run, "SONG", marks, seen=SeenItems()))
        await at_work.wait()
        work.cancel()
        # Would be STORAGE_UNAVAILABLE after five seconds.
        await snapshots.begin(snapshot)
        await asyncio.gather(work, return_exceptions=True)
    await database.close()


async def test_the_work_is_done_before_the_cancellation_is_heard() -> None:
    done, may_end = [], asyncio.Event()

    @unbroken
    async def work() -> str:
        await may_end.wait()
        done.append("work")
        return "result"

    caller = asyncio.create_task(work())
    await asyncio.sleep(0)
    for _ in range(2):
        caller.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not caller.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert done == ["work"]
    assert await work() == "result"


async def test_what_fails_when_nobody_listens_any_more_is_quiet() -> None:
    may_end = asyncio.Event()

    @unbroken
    async def work() -> None:
        await may_end.wait()
        raise ValueError("gone")

    caller = asyncio.create_task(work())
    await asyncio.sleep(0)
    caller.cancel()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await caller
    with pytest.raises(ValueError, match="gone"):
        await work()


@pytest.mark.parametrize("steps", range(4, 40, 4))
async def test_closing_waits_for_what_is_under_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    """However far it has come; a connection in use would never be closed."""
    opened: list[aiosqlite.Connection] = []
    begin = aiosqlite.Connection.__init__

    def listed(self: aiosqlite.Connection, *args: Any, **kwargs: Any) -> None:
        begin(self, *args, **kwargs)
        opened.append(self)

    monkeypatch.setattr(aiosqlite.Connection, "__init__", listed)
    database = await open_database(sqlite_url(tmp_path / "a.db"))
    works = [asyncio.create_task(DatabaseSignIns(database).get("a")) for _ in range(3)]
    for _ in range(steps):
        await asyncio.sleep(0)

    await database.close()

    assert [each for each in opened if each._connection is not None] == []
    assert await asyncio.gather(*works) == [None, None, None]


def test_every_coroutine_that_opens_a_transaction_is_unbroken() -> None:
    """But for helpers, whose callers are, `Database.write`, and a command that only ends whole."""
    broken = []
    for path in Path(storage.__path__[0]).rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text())):
            if not isinstance(function, ast.AsyncFunctionDef) or function.name.startswith("_"):
                continue
            opens = {
                each.func.attr
                for each in ast.walk(function)
                if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute)
            } & {"reading", "writing", "write"}
            marks = {each.id for each in function.decorator_list if isinstance(each, ast.Name)}
            if opens and "unbroken" not in marks and (path.stem, function.name) not in BARE:
                broken.append(f"{path.name}: {function.name}")
    assert broken == []
