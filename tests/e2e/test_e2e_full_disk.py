"""The disk of the data folder is full: music plays on, and everything says what is wrong."""

import errno
import os
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import event

from applemusic import errors
from applemusic.models.server import CheckStatus
from tests.support.stage import Stage


async def page(stage: Stage, path: str) -> tuple[int, str]:
    url = f"http://127.0.0.1:{stage.server.web_port}{path}"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.text()


async def begin_until_full(stage: Stage) -> None:
    """Sign-ins fit into the page of the database that was begun, and then no more."""
    for _ in range(100):
        await stage.music.auth.begin_sign_in()


async def test_a_full_disk_is_told_everywhere_and_music_plays_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(folder: Path, size: int) -> None:
        del folder, size
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def on_begin(connection: Any) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")

    engine = stage.server._database._engine.sync_engine
    assert "Nothing is wrong" in (await page(stage, "/"))[1]
    with monkeypatch.context() as patched:
        patched.setattr(stage.server._storage_health, "_room", full)
        event.listen(engine, "begin", on_begin)
        with pytest.raises(errors.StorageUnavailableError, match="Make room on the disk"):
            await begin_until_full(stage)

        status, shown = await page(stage, "/")
        assert status == 200
        assert "Plays, but cannot store anything" in shown
        assert "The disk is full" in shown
        assert "Nothing is wrong" not in shown
        assert (await page(stage, "/readyz"))[0] == 200
        assert await stage.metric("applemusic_storage_unwritable") == 1
        found = (await stage.music.server.diagnostics(offline=True)).checks[0]
        assert (found.name, found.status) == ("storage", CheckStatus.FAILED)
        assert "make room" in found.remedy
        assert await stage.play(stage.song.id)
        event.remove(engine, "begin", on_begin)

    assert "Nothing is wrong" in (await page(stage, "/"))[1]
    assert await stage.metric("applemusic_storage_unwritable") == 0
