"""Named requests in the database: kept for a day, per account, replaced and dropped."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from applemusic_server.domain.library_writes import RememberedRequest
from applemusic_server.storage.database import Database, open_database, sqlite_url
from applemusic_server.storage.request_log import KEPT, DatabaseRequestLog

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BEGUN = RememberedRequest(b"digest", NOW, {"before": ["p.1"]})


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await open_database(sqlite_url(tmp_path / "server.db"))
    yield opened
    await opened.close()


async def test_what_is_put_is_found_until_it_is_a_day_old(database: Database) -> None:
    watch = Watch()
    log = DatabaseRequestLog(database, watch)
    assert await log.find("anna", "one") is None
    await log.put("anna", "one", BEGUN)
    assert await log.find("anna", "one") == BEGUN
    done = replace(BEGUN, outcome={"id": "p.ü", "refused": []})
    await log.put("anna", "one", done)
    assert await log.find("anna", "one") == done
    assert await log.find("berta", "one") is None
    await DatabaseRequestLog(database, watch).put("berta", "one", BEGUN)
    await log.drop("berta", "one")
    assert await log.find("berta", "one") is None
    watch.now = NOW + KEPT
    assert await log.find("anna", "one") is None
    watch.now = NOW
    assert await log.find("anna", "one") == done


async def test_old_requests_are_forgotten_with_the_next(database: Database) -> None:
    watch = Watch()
    log = DatabaseRequestLog(database, watch)
    await log.put("anna", "old", BEGUN)
    watch.now = NOW + KEPT + timedelta(seconds=1)
    await log.put("anna", "new", replace(BEGUN, begin_time=watch.now))
    watch.now = NOW
    assert await log.find("anna", "old") is None
    assert await log.find("anna", "new") is not None
