"""What the metrics say of a database: up, slow, full, locked, out of reach."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from applemusic_server.domain.errors import AppleMusicError, NotFoundError, Reason, UnavailableError
from applemusic_server.domain.observers import DATABASE_FAULTS
from applemusic_server.storage.database import Database, open_database, sqlite_url
from applemusic_server.telemetry.bounded_look import BoundedLook
from applemusic_server.telemetry.database import DatabaseTelemetry


class Shown:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.telemetry = DatabaseTelemetry(self.registry)

    @property
    def up(self) -> float | None:
        return self.registry.get_sample_value("applemusic_database_up")

    def count(self, operation: str) -> float | None:
        name = "applemusic_database_transaction_seconds_count"
        return self.registry.get_sample_value(name, {"operation": operation})

    def errors(self) -> dict[str, float]:
        name = "applemusic_database_errors_total"
        found = {
            fault: self.registry.get_sample_value(name, {"fault": fault})
            for fault in DATABASE_FAULTS
        }
        return {fault: count for fault, count in found.items() if count}


@pytest.fixture
def shown() -> Shown:
    return Shown()


@pytest.fixture
async def embedded(tmp_path: Path, shown: Shown) -> AsyncIterator[Database]:
    opened = await open_database(sqlite_url(tmp_path / "server.db"), observer=shown.telemetry)
    yield opened
    await opened.close()


async def test_transactions_are_timed(embedded: Database, shown: Shown) -> None:
    async with embedded.reading():
        pass
    async with embedded.writing():
        pass
    assert (shown.count("read"), shown.count("write")) == (1, 1)
    assert shown.errors() == {}


async def test_faults_are_told_apart(embedded: Database, shown: Shown) -> None:
    async with embedded.writing() as connection:
        await connection.exec_driver_sql("PRAGMA max_page_count = 1")
    with pytest.raises(UnavailableError):
        async with embedded.writing() as connection:
            await connection.exec_driver_sql("CREATE TABLE big AS SELECT zeroblob(1000000)")
    with pytest.raises(UnavailableError):
        async with embedded.reading() as connection:
            await connection.exec_driver_sql("SELECT * FROM nowhere")
    for trouble in (PoolTimeoutError(), TimeoutError(), ConnectionError()):
        with pytest.raises(UnavailableError):
            async with embedded.reading():
                raise trouble
    assert shown.errors() == {"full": 1, "other": 1, "busy": 1, "timeout": 1, "unreachable": 1}


@pytest.mark.parametrize(
    "error",
    [
        NotFoundError(Reason.ACCOUNT_NOT_FOUND, "no such account"),
        UnavailableError(Reason.UPSTREAM_UNAVAILABLE, "Apple is away"),
    ],
)
async def test_whoever_uses_it_is_no_fault_of_the_database(
    embedded: Database, shown: Shown, error: AppleMusicError
) -> None:
    with pytest.raises(AppleMusicError):
        async with embedded.writing():
            raise error
    assert shown.errors() == {}
    assert shown.count("write") == 1


async def test_a_database_that_answers_is_up(embedded: Database, shown: Shown) -> None:
    look = shown.telemetry.look_at(embedded)
    assert shown.up == 0
    await look.refresh()
    assert shown.up == 1
    await look.close()


class Stuck:
    """A database whose answer the test gives."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.asked = 0

    async def check(self) -> None:
        await self.ask()

    async def ask(self) -> str:
        self.asked += 1
        return await self.answer


async def test_a_database_that_refuses_is_not_up(shown: Shown) -> None:
    database = Stuck()
    database.answer.set_exception(UnavailableError(Reason.STORAGE_UNAVAILABLE, "gone"))
    look = shown.telemetry.look_at(database)
    await look.refresh()
    assert shown.up == 0


async def test_a_look_does_not_wait_for_ever_and_is_not_made_twice() -> None:
    database = Stuck()
    look = BoundedLook(database.ask, patience=0.01)
    for _ in range(2):
        assert await look.get() is None
        assert database.asked == 1
    database.answer.set_result("here")
    assert await look.get() == "here"
    assert await look.get() == "here"
    assert database.asked == 2
    await look.close()


async def test_a_look_that_is_under_way_ends_with_the_server() -> None:
    database = Stuck()
    look = BoundedLook(database.ask, patience=0.01)
    await look.get()
    await look.close()
    await look.close()
    assert database.answer.cancelled()
