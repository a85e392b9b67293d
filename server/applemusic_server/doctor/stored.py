"""What is stored, looked at beside a server that may run: nothing is made or migrated."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from applemusic_server.application.diagnostic_check import (
    CheckStatus,
    Finding,
    failed,
    fine,
    skipped,
    storage_finding,
)
from applemusic_server.config import Settings
from applemusic_server.domain.account import Account
from applemusic_server.domain.errors import AppleMusicError, Reason
from applemusic_server.open_storage import open_cipher, open_configured_unchanged
from applemusic_server.storage.accounts import DatabaseAccountStore
from applemusic_server.storage.database import Database
from applemusic_server.storage.health import DatabaseHealth
from applemusic_server.storage.schema import REVISION

_NOT_YET: Final = "there is none yet: the server makes it when it starts"


@dataclass(frozen=True, slots=True)
class Stored:
    """What was found.

    Attributes:
        state: Whether the database can be reached and is up to date.
        writes: Whether it takes writes, tried by writing.
        accounts: Who is signed in; None when that cannot be read.
        database: Open as long as the stack that was given; None when it cannot be used.
    """

    state: Finding
    writes: Finding
    accounts: tuple[Account, ...] | None
    database: Database | None


async def look_at_stored(
    settings: Settings, environment: Mapping[str, str], opened: AsyncExitStack
) -> Stored:
    """Open the database as it is; what has to be closed is put on `opened`."""
    try:
        found = await open_configured_unchanged(settings.storage, environment)
    except AppleMusicError as error:
        return _without(failed(error.reason))
    if found is None:
        # Nobody is signed in, which is known without a database.
        return Stored(skipped(_NOT_YET), skipped(_NOT_YET), (), None)
    database, revision = found
    opened.push_async_callback(database.close)
    kind = "PostgreSQL" if settings.storage.shared else "SQLite"
    if revision != REVISION:
        return _without(_other(kind, revision))
    state = fine(f"{kind} answers, and is up to date (revision {revision})")
    health = DatabaseHealth(database, database.folder)
    writes = storage_finding(await health.look())
    try:
        cipher = open_cipher(settings.storage, environment, make=False)
        accounts = await DatabaseAccountStore(database, cipher).list()
    except AppleMusicError:
        return Stored(state, writes, None, database)  # The check of the key says why.
    return Stored(state, writes, accounts, database)


def _without(state: Finding) -> Stored:
    return Stored(state, skipped("the database cannot be used as it is"), None, None)


def _other(kind: str, revision: str | None) -> Finding:
    if revision is None:
        return Finding(
            CheckStatus.WARNING,
            f"{kind} answers, and holds none of the server's tables",
            "start the server once: it makes them",
        )
    if revision < REVISION:
        return Finding(
            CheckStatus.WARNING,
            f"{kind} answers, and is of an older version (revision {revision}, now {REVISION})",
            "start the server of this version: it brings the database up to date",
        )
    return Finding(
        CheckStatus.FAILED,
        f"{kind} answers, and was made by a newer version (revision {revision}, here {REVISION})",
        "use the newer version of the server, or restore a backup made by this one",
        Reason.STORAGE_UNAVAILABLE,
    )
