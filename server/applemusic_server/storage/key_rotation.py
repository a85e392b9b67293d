"""Changes the encryption key, also under a server that runs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Column, Table, select, update

from applemusic_server.storage.database import Database
from applemusic_server.storage.key_file import KeyFile, new_key
from applemusic_server.storage.schema import ENCRYPTED_PREFIX, METADATA
from applemusic_server.storage.table_lock import lock_table
from applemusic_server.storage.token_cipher import TokenCipher


@dataclass(frozen=True, slots=True)
class Rotation:
    """What was done.

    Attributes:
        renewed_count: How many values were encrypted anew.
        unreadable_count: How many none of the keys opens; they are as they were.
        dropped_count: How many old keys are not in the file any more.
        keys_count: How many are.
    """

    renewed_count: int
    unreadable_count: int
    dropped_count: int
    keys_count: int


@dataclass(frozen=True, slots=True)
class KeyUse:
    """What the keys in a file open.

    Attributes:
        keys: How many there are.
        newest: How many stored values the first opens.
        older: How many only another one opens.
        unreadable: How many none of them opens.
    """

    keys: int
    newest: int
    older: int
    unreadable: int


async def count_uses(keys: Sequence[bytes], database: Database) -> KeyUse:
    """Say what the keys open; changes nothing.

    Raises:
        UnavailableError: STORAGE_UNAVAILABLE.
    """
    newest, any_key = TokenCipher(keys[:1]), TokenCipher(keys)
    found = {True: 0, False: 0, None: 0}
    async with database.reading() as connection:
        for _, column in _encrypted_columns():
            for (value,) in await connection.execute(select(column).where(column.is_not(None))):
                opened = any_key.renew(value) is not None
                found[newest.renew(value) is not None if opened else None] += 1
    return KeyUse(len(keys), found[True], found[False], found[None])


async def rotate_key(
    file: KeyFile, database: Database, *, make_new: bool = True, keep_old: bool = False
) -> Rotation:
    """Encrypt everything with a new key, and forget the old ones.

    It may be interrupted anywhere and begun again: until the last step the file holds every key
    that anything in the database was encrypted with. A server that runs on the same file and the
    same database takes the new key before its next use of any.

    Args:
        file: With the keys.
        database: With what they encrypt.
        make_new: Put a new key into the file; else the first one that is there is the new one, and
            the file is left alone.
        keep_old: Leave the old keys in the file: sync tokens and backups made with them stay good.

    Raises:
        AppleMusicError: STORAGE_KEY_MISMATCH, STORAGE_UNAVAILABLE. Nothing is lost.
    """
    with file.held():
        keys = file.read()
        if make_new:
            keys = (new_key(), *keys)
            file.replace(keys)
        renewed, unreadable = await encrypt_anew(database, TokenCipher(keys))
        await database.erase_deleted()
        left = keys if keep_old or not make_new else keys[:1]
        if left != keys:
            file.replace(left)
    return Rotation(renewed, unreadable, len(keys) - len(left), len(left))


async def encrypt_anew(database: Database, cipher: TokenCipher) -> tuple[int, int]:
    """Encrypt all that is encrypted with the first key.

    Returns:
        How many values were, and how many could not be read.
    """
    renewed = unreadable = 0
    for table, column in _encrypted_columns():
        async with database.writing() as connection:
            await lock_table(connection, table)
            keys = list(table.primary_key.columns)
            rows = (await connection.execute(select(*keys, column))).all()
            for *key, encrypted in rows:
                fresh = None if encrypted is None else cipher.renew(encrypted)
                if fresh is not None:
                    this = [name == value for name, value in zip(keys, key, strict=True)]
                    await connection.execute(update(table).where(*this).values({column: fresh}))
                    renewed += 1
                elif encrypted is not None:
                    unreadable += 1
    return renewed, unreadable


def _encrypted_columns() -> Iterator[tuple[Table, Column[bytes]]]:
    for table in METADATA.sorted_tables:
        for column in table.columns:
            if column.name.startswith(ENCRYPTED_PREFIX):
                yield table, column
