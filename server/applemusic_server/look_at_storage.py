"""Looks at what is stored, for commands beside a server: nothing is made and nothing migrated."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from applemusic_server.domain.account import Account
from applemusic_server.domain.errors import Reason, UnavailableError
from applemusic_server.open_storage import (
    no_database,
    open_cipher,
    open_configured_unchanged,
    storage_files,
    storage_folder,
)
from applemusic_server.settings.storage import StorageSettings
from applemusic_server.storage.accounts import DatabaseAccountStore
from applemusic_server.storage.database import Database
from applemusic_server.storage.key_file import KeyFile
from applemusic_server.storage.key_rotation import KeyUse, count_uses
from applemusic_server.storage.schema import REVISION


async def count_stored_keys(
    settings: StorageSettings, environment: Mapping[str, str]
) -> tuple[Path, KeyUse]:
    """Return the file with the keys, and what they open; changes nothing.

    Raises:
        AppleMusicError: STORAGE_KEY_MISMATCH, STORAGE_UNAVAILABLE.
    """
    _, path = storage_files(settings, environment)
    async with looked_at(settings, environment) as database:
        keys = KeyFile(path).read()
        return path, await count_uses(keys, database)


async def read_accounts(
    settings: StorageSettings, environment: Mapping[str, str]
) -> tuple[Account, ...]:
    """Return the accounts that are stored; nothing is made or migrated.

    Raises:
        AppleMusicError: STORAGE_KEY_MISMATCH, STORAGE_UNAVAILABLE.
    """
    async with looked_at(settings, environment) as database:
        cipher = open_cipher(settings, environment, make=False)
        return await DatabaseAccountStore(database, cipher).list()


@asynccontextmanager
async def looked_at(
    settings: StorageSettings, environment: Mapping[str, str]
) -> AsyncIterator[Database]:
    """Open the database for who only looks: nothing is made or migrated.

    Raises:
        UnavailableError: STORAGE_UNAVAILABLE, also when it is not there or of another version.
    """
    opened = await open_configured_unchanged(settings, environment)
    if opened is None:
        raise no_database(storage_folder(settings, environment))
    database, revision = opened
    try:
        if revision != REVISION:
            raise UnavailableError(
                Reason.STORAGE_UNAVAILABLE,
                "The database was made by another version of the server. Start the server once, "
                "which brings an older one up to date, or use the newer version.",
            )
        yield database
    finally:
        await database.close()
