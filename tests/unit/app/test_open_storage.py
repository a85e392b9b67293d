"""Storage as the settings have it: which database, which key, and what is said when it is wrong."""

import asyncio
import io
import json
import stat
import sys
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from applemusic_server.config import Settings, as_json
from applemusic_server.config_sources import load
from applemusic_server.domain.account import Account
from applemusic_server.domain.errors import AppleMusicError, Reason
from applemusic_server.domain.secret import Secret
from applemusic_server.open_storage import open_storage
from applemusic_server.settings.storage import StorageSettings
from applemusic_server.storage.key_file import KeyFile
from applemusic_server.telemetry.logging import open_log
from applemusic_server.telemetry.redaction import Redactor
from tests.support.databases import Databases


def _storage(**values: Any) -> StorageSettings:
    return load({}, {"storage": values}).storage


NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ANNA = Account("anna", Secret("anna" * 10), "de", NOW)


def secret_file(path: Path, content: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(content)
    return path


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    KeyFile(tmp_path / "key").create()
    return tmp_path / "key"


async def look(settings: dict[str, Any], *, put: bool = False) -> tuple[list[Account], str]:
    """Open storage as the server would; return the accounts and what is in the log."""
    log = io.StringIO()
    logger = open_log(log, form="json", level="info", redactor=Redactor())
    async with AsyncExitStack() as opened:
        storage = await open_storage(_storage(**settings), {}, logger, opened)
        if put:
            await storage.accounts.put(ANNA)
        return list(await storage.accounts.list()), log.getvalue()


async def test_the_whole_url_may_come_from_a_secret(
    postgresql: Databases, tmp_path: Path, key_file: Path
) -> None:
    url = postgresql.server.url(await postgresql.empty())
    settings: dict[str, Any] = {
        "url_file": secret_file(tmp_path / "url", f"{url}\n"),
        "encryption_key_file": key_file,
        "data_dir": tmp_path / "unused",
    }

    await look(settings, put=True)
    accounts, said = await look(settings)

    assert accounts == [ANNA]
    assert said == ""
    assert not (tmp_path / "unused").exists()
    shown = Settings(storage=_storage(**settings))
    assert postgresql.server.password not in repr(shown) + as_json(shown)


async def test_a_password_beside_counts_before_one_in_the_url(
    postgresql: Databases, tmp_path: Path, key_file: Path
) -> None:
    url = postgresql.server.url(await postgresql.empty(), password=False)
    settings = {
        "url_file": secret_file(tmp_path / "url", url.replace("tester", "tester:wrong")),
        "password_file": secret_file(tmp_path / "password", f"{postgresql.server.password}\n"),
        "encryption_key_file": key_file,
    }

    assert await look(settings) == ([], "")


@pytest.mark.parametrize("content", ["mysql://u:canary@h/d", "canary", "", b"\xff\xfe"])
async def test_a_url_file_with_something_else_is_said_and_not_quoted(
    tmp_path: Path, key_file: Path, content: str | bytes
) -> None:
    path = secret_file(tmp_path / "url", "")
    path.write_bytes(content if isinstance(content, bytes) else content.encode())

    with pytest.raises(AppleMusicError) as caught:
        await look({"url_file": path, "encryption_key_file": key_file})

    assert caught.value.reason is Reason.STORAGE_UNAVAILABLE
    assert str(path) in str(caught.value)
    assert "canary" not in str(caught.value)


async def test_tokens_of_another_key_are_told_at_the_start(tmp_path: Path) -> None:
    settings = {"data_dir": tmp_path}
    await look(settings, put=True)
    KeyFile(tmp_path / "encryption.key").replace([Fernet.generate_key()])

    (account,), said = await look(settings)

    assert account.music_user_token is None
    line = json.loads(said)
    assert line["event"].startswith("tokens were encrypted with another key")
    assert (line["reason"], line["accounts"]) == ("STORAGE_KEY_MISMATCH", 1)


async def test_a_key_file_that_breaks_under_the_server_is_told(
    tmp_path: Path, key_file: Path
) -> None:
    log = io.StringIO()
    logger = open_log(log, form="json", level="info", redactor=Redactor())
    settings = StorageSettings(data_dir=tmp_path / "data", encryption_key_file=key_file)
    async with AsyncExitStack() as opened:
        storage = await open_storage(settings, {}, logger, opened)
        await storage.accounts.put(ANNA)
        key_file.chmod(0o644)  # noqa: ASYNC240 - a test may wait for a file
        assert await storage.accounts.get("anna") == ANNA

    assert "the keys that were read before stay" in log.getvalue()
    assert "chmod o-rwx" in log.getvalue()


async def test_a_database_that_everybody_can_read_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    settings = {"data_dir": folder}
    await look(settings, put=True)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    database = folder / "server.db"
    database.chmod(0o644)
    assert (await look(settings))[0] == [ANNA]  # nobody else gets into the folder

    folder.chmod(0o755)
    with pytest.raises(AppleMusicError) as caught:
        await look(settings)

    assert caught.value.reason is Reason.STORAGE_UNAVAILABLE
    assert caught.value.message.endswith(f"Run: chmod o-rwx {database}")
    database.chmod(0o640)
    assert await look(settings) == ([ANNA], "")


@pytest.mark.parametrize("mode", [0o700, 0o750, 0o2770, 0o755])
async def test_folders_as_volumes_are_are_taken_as_they_are(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(mode)

    assert await look({"data_dir": folder}, put=True) == ([ANNA], "")

    assert stat.S_IMODE(folder.stat().st_mode) == mode
    # As Kubernetes leaves them with an fsGroup.
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        path.chmod(0o660)
    assert await look({"data_dir": folder}) == ([ANNA], "")


async def test_a_folder_in_which_everybody_may_write_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o777)

    accounts, said = await look({"data_dir": folder}, put=True)

    assert accounts == [ANNA]
    line = json.loads(said)
    assert line["level"] == "warning"
    assert "chmod o-w" in line["event"]


KILLED = """
import asyncio, os, sys
from pathlib import Path
from applemusic_server.storage.database import open_database, sqlite_url

async def main():
    database = await open_database(sqlite_url(Path(sys.argv[1])))
    async with database.writing() as connection:
        await connection.exec_driver_sql("DELETE FROM accounts")
    os._exit(0)

asyncio.run(main())
"""


async def test_what_a_killed_server_left_of_an_account_goes_at_the_next_start(
    tmp_path: Path,
) -> None:
    settings = {"data_dir": tmp_path}
    await look(settings, put=True)
    command = [sys.executable, "-c", KILLED, str(tmp_path / "server.db")]
    done = await asyncio.create_subprocess_exec(*command)
    assert await done.wait() == 0

    def holding() -> set[str]:
        return {path.name for path in tmp_path.iterdir() if b"anna" in path.read_bytes()}

    assert holding() == {"server.db"}  # deleted in the log alone
    logger = open_log(io.StringIO(), form="json", level="info", redactor=Redactor())
    async with AsyncExitStack() as opened:
        storage = await open_storage(_storage(**settings), {}, logger, opened)
        assert holding() == set()
        assert await storage.accounts.list() == ()
