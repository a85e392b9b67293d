"""The key file, and changing the key: interrupted anywhere, under a server, nothing is lost."""

import asyncio
import errno
import fcntl
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet

from applemusic_server.__main__ import main
from applemusic_server.domain.account import Account
from applemusic_server.domain.errors import FailedPreconditionError, Reason
from applemusic_server.domain.secret import Secret
from applemusic_server.storage.accounts import DatabaseAccountStore
from applemusic_server.storage.database import Database, open_database, sqlite_url
from applemusic_server.storage.key_file import KeyFile
from applemusic_server.storage.key_rotation import rotate_key
from applemusic_server.storage.schema import ENCRYPTED_PREFIX, METADATA
from applemusic_server.storage.token_cipher import TokenCipher, load_cipher

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ACCOUNTS = [Account(name, Secret(f"{name}-{'t' * 40}"), "de", NOW) for name in ("anna", "berta")]


@pytest.fixture
def key_file(tmp_path: Path) -> KeyFile:
    file = KeyFile(tmp_path / "encryption.key")
    assert file.create()
    return file


@pytest.fixture
async def store(database: Database, key_file: KeyFile) -> DatabaseAccountStore:
    """Of a server that runs on the file."""
    store = DatabaseAccountStore(database, load_cipher(key_file.path, create=False))
    for account in ACCOUNTS:
        await store.put(account)
    return store


async def read_with(database: Database, keys: Sequence[bytes]) -> list[Account]:
    return list(await DatabaseAccountStore(database, TokenCipher(keys)).list())


async def test_afterwards_the_new_key_alone_opens_everything(
    database: Database, key_file: KeyFile, store: DatabaseAccountStore
) -> None:
    before = key_file.read()

    done = await rotate_key(key_file, database)

    (key,) = key_file.read()
    assert key not in before
    assert (done.renewed_count, done.unreadable_count, done.dropped_count) == (2, 0, 1)
    assert await read_with(database, [key]) == ACCOUNTS
    assert [each.music_user_token for each in await read_with(database, before)] == [None, None]
    assert await store.get("anna") == ACCOUNTS[0]  # the server that runs has noticed


async def test_a_running_server_stores_with_the_new_key(
    database: Database, key_file: KeyFile, store: DatabaseAccountStore
) -> None:
    await rotate_key(key_file, database)
    carla = replace(ACCOUNTS[0], id="carla")

    await store.put(carla)

    assert await read_with(database, key_file.read()) == [*ACCOUNTS, carla]


async def test_what_is_stored_while_the_key_changes_is_not_lost(
    database: Database, key_file: KeyFile, store: DatabaseAccountStore
) -> None:
    async def store_again_and_again() -> None:
        for number in range(40):
            await store.put(replace(ACCOUNTS[0], id=f"a{number:02}"))
            await asyncio.sleep(0)  # lets the rotation in

    async def rotate() -> None:
        for _ in range(5):
            await rotate_key(key_file, database)

    await asyncio.gather(store_again_and_again(), rotate())

    accounts = await read_with(database, key_file.read())
    assert len(accounts) == 42
    assert all(account.music_user_token is not None for account in accounts)


@pytest.mark.parametrize("step", [1, 2, 3])
async def test_interrupted_at_any_step_it_is_begun_again(
    database: Database,
    key_file: KeyFile,
    store: DatabaseAccountStore,
    monkeypatch: pytest.MonkeyPatch,
    step: int,
) -> None:
    steps = 0

    def cut(real: Any) -> Any:
        def step_of(*arguments: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps == step:
                raise KeyboardInterrupt
            return real(*arguments)

        return step_of

    # The steps that change something: the file, each value, the file.
    monkeypatch.setattr(KeyFile, "replace", cut(KeyFile.replace))
    monkeypatch.setattr(TokenCipher, "renew", cut(TokenCipher.renew))
    with pytest.raises(KeyboardInterrupt):
        await rotate_key(key_file, database)
    monkeypatch.undo()

    assert await read_with(database, key_file.read()) == ACCOUNTS
    assert await store.list() == tuple(ACCOUNTS)

    await rotate_key(key_file, database)
    assert len(key_file.read()) == 1
    assert await read_with(database, key_file.read()) == ACCOUNTS


@pytest.mark.usefixtures("store")
async def test_old_keys_may_stay_for_what_was_handed_out(
    database: Database, key_file: KeyFile
) -> None:
    (old,) = key_file.read()
    handed_out = TokenCipher([old]).seal("sync", b"x")

    await rotate_key(key_file, database, keep_old=True)

    assert key_file.read()[1:] == (old,)
    assert TokenCipher(key_file.read()).unseal("sync", handed_out) == b"x"
    assert await read_with(database, key_file.read()[:1]) == ACCOUNTS


@pytest.mark.usefixtures("store")
async def test_a_key_from_a_secret_store_is_taken_and_the_file_left_alone(
    database: Database, key_file: KeyFile
) -> None:
    keys = (Fernet.generate_key(), *key_file.read())
    key_file.replace(keys)

    done = await rotate_key(key_file, database, make_new=False)

    assert key_file.read() == keys
    assert done.keys_count == 2
    assert await read_with(database, keys[:1]) == ACCOUNTS


@pytest.mark.usefixtures("store")
async def test_what_no_key_opens_is_counted_and_left_as_it_is(
    database: Database, key_file: KeyFile
) -> None:
    foreign = Fernet.generate_key()
    lost = replace(ACCOUNTS[0], id="lost")
    await DatabaseAccountStore(database, TokenCipher([foreign])).put(lost)

    done = await rotate_key(key_file, database)

    assert (done.renewed_count, done.unreadable_count) == (2, 1)
    assert lost in await read_with(database, [foreign])


@pytest.mark.usefixtures("store")
async def test_two_that_change_the_key_at_once_do_not_meet(
    database: Database, key_file: KeyFile
) -> None:
    folder = os.open(key_file.path.parent, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    before = key_file.read()

    with pytest.raises(FailedPreconditionError, match="just now"):
        await rotate_key(key_file, database)
    os.close(folder)

    assert key_file.read() == before


def test_the_file_keeps_its_mode_and_nothing_lies_beside(key_file: KeyFile) -> None:
    key_file.path.chmod(0o640)

    key_file.replace([Fernet.generate_key()])

    assert key_file.path.stat().st_mode & 0o777 == 0o640
    assert list(key_file.path.parent.iterdir()) == [key_file.path]


def test_a_file_that_breaks_is_told_once_and_the_keys_stay(key_file: KeyFile) -> None:
    problems: list[FailedPreconditionError] = []
    cipher = load_cipher(key_file.path, create=False, on_problem=problems.append)
    encrypted = cipher.encrypt("anna", Secret("t" * 40))
    content = key_file.path.read_bytes()

    key_file.path.write_bytes(b"broken")
    assert cipher.decrypt("anna", encrypted) == Secret("t" * 40)
    assert cipher.decrypt("anna", encrypted) == Secret("t" * 40)
    key_file.path.unlink()
    assert cipher.decrypt("anna", encrypted) == Secret("t" * 40)
    assert [each.reason for each in problems] == [Reason.STORAGE_KEY_MISMATCH] * 2
    assert "broken" not in str(problems)

    other = KeyFile(key_file.path.with_name("other"))
    other.create()
    other.path.rename(key_file.path)  # as a secret store swaps a file
    assert cipher.decrypt("anna", encrypted) is None
    key_file.path.write_bytes(content)
    assert cipher.decrypt("anna", encrypted) == Secret("t" * 40)


def test_every_binary_column_says_whether_it_is_encrypted() -> None:
    """Whoever adds a column with ciphertext has to name it so, or rotation forgets it."""
    open_ones = {"fingerprint", "digest", "numbers", "seen"}
    for table in METADATA.sorted_tables:
        for column in table.columns:
            if column.type.python_type is bytes:
                assert column.name.startswith(ENCRYPTED_PREFIX) or column.name in open_ones


async def stored(data: Path) -> list[Account]:
    database = await open_database(sqlite_url(data / "server.db"))
    try:
        cipher = load_cipher(data / "encryption.key", create=True)
        store = DatabaseAccountStore(database, cipher)
        if not await store.list():
            await store.put(ACCOUNTS[0])
        return list(await store.list())
    finally:
        await database.close()


def test_the_command_changes_the_key_in_the_data_folder(tmp_path: Path) -> None:
    asyncio.run(stored(tmp_path))
    before = (tmp_path / "encryption.key").read_bytes()

    result = CliRunner().invoke(main, ["key", "rotate", "--data-dir", str(tmp_path)])

    assert result.exit_code == 0, result.output
    assert result.output.startswith("Encrypted 1 values with the first key in ")
    after = (tmp_path / "encryption.key").read_bytes()
    assert after != before
    assert after.decode().strip() not in result.output
    assert asyncio.run(stored(tmp_path)) == ACCOUNTS[:1]


def test_the_command_says_what_is_in_the_way(tmp_path: Path) -> None:
    asyncio.run(stored(tmp_path))
    (tmp_path / "encryption.key").chmod(0o644)
    arguments = ["key", "rotate", "--data-dir", str(tmp_path)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert "STORAGE_KEY_MISMATCH: Every user of this machine can read" in result.output

    (tmp_path / "encryption.key").unlink()
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert "Restore it from a backup" in result.output
    assert list(tmp_path.glob("encryption.key")) == []

    (tmp_path / "encryption.key").write_bytes(Fernet.generate_key())
    (tmp_path / "encryption.key").chmod(0o600)
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert "1 values cannot be read" in result.output


def test_a_full_disk_leaves_the_file_and_nothing_beside(
    key_file: KeyFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = key_file.read()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FailedPreconditionError, match="Make room on that disk") as caught:
        key_file.replace([Fernet.generate_key(), *before])
    assert "secret store" not in caught.value.message
    assert key_file.read() == before
    assert list(key_file.path.parent.glob(".*")) == []


def test_a_wrong_data_folder_is_told_and_not_filled(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    for arguments in (["access-token", "list"], ["access-token", "revoke", "kitchen"]):
        result = CliRunner().invoke(main, [*arguments, "--data-dir", str(wrong)])
        assert result.exit_code == 1
        assert f"There is no database in the data folder {wrong}" in result.output
        assert "--data-dir" in result.output
    assert not wrong.exists()
    KeyFile(wrong / "encryption.key").create()
    result = CliRunner().invoke(main, ["key", "rotate", "--data-dir", str(wrong)])
    assert result.exit_code == 1
    assert "There is no database" in result.output
    assert [each.name for each in wrong.iterdir()] == ["encryption.key"]


def test_a_key_can_be_made_beforehand_and_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "key"
    result = CliRunner().invoke(main, ["key", "new", str(path)])
    assert result.exit_code == 0
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(KeyFile(path).read()) == 1
    assert path.read_text().strip() not in result.output

    content = path.read_bytes()
    result = CliRunner().invoke(main, ["key", "new", str(path)])
    assert result.exit_code == 1
    assert "is left as it is" in result.output
    assert path.read_bytes() == content
