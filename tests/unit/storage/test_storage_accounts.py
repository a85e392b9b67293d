"""What concerns the files of a server: SQLite's, damaged or not, keys, and the data folder."""

import asyncio
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import update

from applemusic_server.domain.account import Account, SubscriptionState
from applemusic_server.domain.errors import (
    FailedPreconditionError,
    Reason,
    UnavailableError,
)
from applemusic_server.domain.observers import SilentDatabaseObserver
from applemusic_server.domain.secret import Secret
from applemusic_server.storage.accounts import DatabaseAccountStore
from applemusic_server.storage.data_dir import DataDirectory, default_data_dir
from applemusic_server.storage.database import Database, open_database, sqlite_url
from applemusic_server.storage.schema import ACCOUNTS
from applemusic_server.storage.token_cipher import TokenCipher, load_cipher

NOW = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
TOKEN = "canary-music-user-token-" + "x" * 40
KEY = Fernet.generate_key()
ANNA = Account(
    id="anna",
    music_user_token=Secret(TOKEN),
    storefront="de",
    token_first_seen_time=NOW,
    display_name="Anna Ö.",
    language_tags=("de-DE", "en-GB"),
    subscription_state=SubscriptionState.ACTIVE,
    team_id="TEAM123456",
)


class Reads(SilentDatabaseObserver):
    """Counts transactions that read."""

    def __init__(self) -> None:
        self.count = 0

    def on_transaction(self, operation: str, _seconds: float, _fault: str) -> None:
        self.count += operation == "read"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await open_database(sqlite_url(tmp_path / "server.db"))
    yield opened
    await opened.close()


@pytest.fixture
def store(database: Database) -> DatabaseAccountStore:
    return DatabaseAccountStore(database, TokenCipher([KEY]))


async def test_the_token_is_nowhere_in_the_files(
    store: DatabaseAccountStore, tmp_path: Path
) -> None:
    await store.put(ANNA)

    for path in tmp_path.iterdir():  # noqa: ASYNC240 - a test may wait for a file
        assert TOKEN.encode() not in path.read_bytes()


async def test_a_token_moved_to_another_account_is_not_used(
    store: DatabaseAccountStore, tmp_path: Path
) -> None:
    await store.put(ANNA)
    await store.put(replace(ANNA, id="eve", music_user_token=Secret("e" * 40)))
    with sqlite3.connect(tmp_path / "server.db") as connection:
        connection.execute(
            "UPDATE accounts SET encrypted_music_user_token = (SELECT encrypted_music_user_token "
            "FROM accounts WHERE id = 'anna') WHERE id = 'eve'"
        )
    connection.close()

    eve = await store.get("eve")

    assert eve is not None
    assert eve.music_user_token is None


async def test_an_account_is_read_again_when_somebody_committed(
    store: DatabaseAccountStore, tmp_path: Path
) -> None:
    """This process or another; whoever asks is never told what was true before they asked."""
    reads = Reads()
    watched = await open_database(sqlite_url(tmp_path / "server.db"), observer=reads)
    other = DatabaseAccountStore(watched, TokenCipher([KEY]))
    await store.put(ANNA)
    assert [await other.get("anna") for _ in range(5)] == [ANNA] * 5
    assert [await other.list() for _ in range(5)] == [(ANNA,)] * 5
    assert reads.count == 2

    for number in range(10):
        named = replace(ANNA, display_name=f"Anna {number}")
        await (store if number % 2 else other).put(named)
        assert (await store.get("anna"), await other.get("anna")) == (named, named)
        assert (await store.list(), await other.list()) == ((named,), (named,))
    await store.delete("anna")
    assert (await other.list(), await store.list()) == ((), ())
    assert await other.get("anna") is None
    assert await store.get("anna") is None
    await watched.close()


async def test_nobody_is_told_of_what_an_own_connection_cannot_tell_any_more(
    store: DatabaseAccountStore, database: Database
) -> None:
    """SQLite counts commits for each connection anew: numbers of two mean nothing together."""
    await store.put(ANNA)
    before = database.version()
    assert before == database.version()
    assert database._version is not None
    database._version._drop()
    assert database.version() not in {before, None}
    await database.close()
    assert database.version() is None, "a connection that nobody would close"


async def test_a_state_of_a_newer_server_hides_no_account(
    database: Database, store: DatabaseAccountStore
) -> None:
    await store.put(ANNA)
    await store.put(replace(ANNA, id="berta"))
    async with database.writing() as connection:
        await connection.execute(
            update(ACCOUNTS).where(ACCOUNTS.c.id == "anna").values(subscription_state="LATER")
        )

    unknown = replace(ANNA, subscription_state=SubscriptionState.UNKNOWN)
    assert await store.list() == (unknown, replace(ANNA, id="berta"))


async def test_commits_are_durable_by_configuration(database: Database) -> None:
    async with database.reading() as connection:
        synchronous = await connection.exec_driver_sql("PRAGMA synchronous")
        journal = await connection.exec_driver_sql("PRAGMA journal_mode")
        foreign_keys = await connection.exec_driver_sql("PRAGMA foreign_keys")
        assert synchronous.scalar() == 2
        assert journal.scalar() == "wal"
        assert foreign_keys.scalar() == 1


async def test_a_damaged_file_is_unavailable_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "server.db"
    path.write_bytes(b"this is no database" * 100)

    with pytest.raises(UnavailableError) as caught:
        await open_database(sqlite_url(path))

    assert caught.value.reason is Reason.STORAGE_UNAVAILABLE
    assert path.read_bytes().startswith(b"this is no database")


async def test_damage_behind_the_first_page_is_unavailable(tmp_path: Path) -> None:
    """What the first look at the file does not see; the driver's own clean-up hides nothing."""
    path = tmp_path / "server.db"
    await (await open_database(sqlite_url(path))).close()
    content = bytearray(path.read_bytes())
    content[100::7] = b"\xff" * len(content[100::7])
    path.write_bytes(content)

    with pytest.raises(UnavailableError, match="malformed"):
        await open_database(sqlite_url(path))

    assert path.read_bytes() == content


async def test_a_folder_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="unable to open"):
        await open_database(sqlite_url(tmp_path / "nowhere" / "server.db"))


WRITER = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from applemusic_server.domain.account import Account
from applemusic_server.domain.observers import SilentDatabaseObserver
from applemusic_server.domain.secret import Secret
from applemusic_server.storage.accounts import DatabaseAccountStore
from applemusic_server.storage.database import open_database, sqlite_url
from applemusic_server.storage.migrating import newest_revision
from applemusic_server.storage.schema import METADATA, REVISION
from applemusic_server.storage.token_cipher import TokenCipher

async def main() -> None:
    database = await open_database(sqlite_url(Path(sys.argv[1])))
    store = DatabaseAccountStore(database, TokenCipher([sys.argv[2].encode()]))
    for number in range(10_000):
        await store.put(Account(f"a{number}", Secret("t" * 40), "us", datetime.now(UTC)))
        print(number, flush=True)

asyncio.run(main())
"""


async def test_what_was_acknowledged_survives_sigkill(tmp_path: Path) -> None:
    path = tmp_path / "server.db"
    for _ in range(3):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WRITER, str(path), KEY.decode(), stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        acknowledged = -1
        for _ in range(20):
            acknowledged = int(await process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        rest = await process.stdout.read()
        await process.wait()
        whole = [int(line) for line in rest.split(b"\n")[:-1]]
        acknowledged = max([acknowledged, *whole])

        database = await open_database(sqlite_url(path))
        accounts = {a.id for a in await DatabaseAccountStore(database, TokenCipher([KEY])).list()}
        await database.close()

        assert {f"a{number}" for number in range(acknowledged + 1)} <= accounts


def test_the_key_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "encryption.key"

    first = load_cipher(path, create=True)
    again = load_cipher(path, create=True)

    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]
    assert again.decrypt("anna", first.encrypt("anna", Secret(TOKEN))) == Secret(TOKEN)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"not a key\n", b"\xff" * 44])
def test_a_key_file_without_keys_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "encryption.key"
    path.write_bytes(content)
    path.chmod(0o600)

    with pytest.raises(FailedPreconditionError, match=r"is empty|does not hold keys") as caught:
        load_cipher(path, create=True)

    assert caught.value.reason is Reason.STORAGE_KEY_MISMATCH


def test_a_key_that_everybody_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "encryption.key"
    load_cipher(path, create=True)
    path.chmod(0o644)
    with pytest.raises(FailedPreconditionError, match="chmod o-rwx"):
        load_cipher(path, create=True)


def test_a_missing_key_file_is_refused_when_it_is_configured(tmp_path: Path) -> None:
    with pytest.raises(FailedPreconditionError, match="No such file"):
        load_cipher(tmp_path / "encryption.key", create=False)


def test_only_one_server_works_in_a_folder(tmp_path: Path) -> None:
    first = DataDirectory(tmp_path / "data").acquire()

    with pytest.raises(UnavailableError, match="Another server"):
        DataDirectory(tmp_path / "data").acquire()
    first.release()
    DataDirectory(tmp_path / "data").acquire().release()


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(UnavailableError, match="data folder"):
        DataDirectory(tmp_path / "file" / "data").acquire()


def test_where_data_lies_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    home = Path("/") / "somewhere"
    monkeypatch.setenv("HOME", str(home))

    assert default_data_dir({"STATE_DIRECTORY": "/var/lib/a:/b"}) == Path("/var/lib/a")
    assert default_data_dir({"XDG_DATA_HOME": "/x"}) == Path("/x/applemusic-server")
    assert default_data_dir({}) == home / ".local/share/applemusic-server"
