"""Opens the database and the encryption key as the settings have it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from structlog.typing import FilteringBoundLogger

from applemusic_server.domain.errors import FailedPreconditionError, Reason, UnavailableError
from applemusic_server.domain.observers import DatabaseObserver
from applemusic_server.domain.secret import Secret
from applemusic_server.settings.storage import StorageSettings
from applemusic_server.storage.accounts import DatabaseAccountStore
from applemusic_server.storage.data_dir import DataDirectory, default_data_dir
from applemusic_server.storage.database import (
    Database,
    StorageError,
    open_database,
    open_unchanged,
    sqlite_url,
)
from applemusic_server.storage.health import DatabaseHealth
from applemusic_server.storage.key_file import KeyFile
from applemusic_server.storage.key_rotation import Rotation, rotate_key
from applemusic_server.storage.opened_file import OpenedFile
from applemusic_server.storage.private_file import is_open_to_writers, open_to_everybody
from applemusic_server.storage.remedy import remedy
from applemusic_server.storage.token_cipher import TokenCipher, load_cipher

_DATABASE_NAME: Final = "server.db"
_KEY_NAME: Final = "encryption.key"


@dataclass(frozen=True, slots=True)
class Storage:
    """What outlives the process."""

    database: Database
    cipher: TokenCipher
    accounts: DatabaseAccountStore
    health: DatabaseHealth


async def open_storage(
    settings: StorageSettings,
    environment: Mapping[str, str],
    log: FilteringBoundLogger,
    opened: AsyncExitStack,
    observer: DatabaseObserver | None = None,
) -> Storage:
    """Open everything; what has to be closed is put on `opened`.

    Args:
        settings: Which database, and which key.
        environment: Names the folder where the settings do not.
        log: Takes what is worth a warning.
        opened: Closes it.
        observer: Is told of each transaction.

    Raises:
        UnavailableError: STORAGE_UNAVAILABLE.
        FailedPreconditionError: STORAGE_KEY_MISMATCH.
    """
    if not settings.shared:
        folder = storage_folder(settings, environment)
        opened.callback(DataDirectory(folder).acquire().release)
        if is_open_to_writers(folder):
            log.warning(
                "every user of this machine can replace the database and its key, unless this is a "
                "container: run chmod o-w on the data folder",
                folder=str(folder),
            )
    key_path, made = _key_path(settings, environment)
    if made and not key_path.exists() and key_path.with_name(_DATABASE_NAME).exists():
        log.warning(
            "encryption key lost: the tokens that are stored cannot be read; stop the server "
            "and restore the key file, or sign in again",
            reason=Reason.STORAGE_KEY_MISMATCH.value,
            file=str(key_path),
        )
    cipher = load_cipher(key_path, create=made, on_problem=_say(log))
    database = await open_configured_database(settings, environment, observer=observer)
    opened.push_async_callback(database.close)
    file = database.file
    with _named(file):
        # What a server left that was killed while it deleted.
        await database.erase_deleted()
    accounts = DatabaseAccountStore(database, cipher)
    unreadable = [each.id for each in await accounts.list() if each.music_user_token is None]
    if unreadable:
        log.warning(
            "tokens were encrypted with another key: restore the key file, or sign in again",
            reason=Reason.STORAGE_KEY_MISMATCH.value,
            file=str(key_path),
            accounts=len(unreadable),
        )
    gone = (lambda: False) if file is None else OpenedFile(file).is_gone
    health = DatabaseHealth(database, database.folder, is_gone=gone)
    return Storage(database, cipher, accounts, health)


async def open_configured_database(
    settings: StorageSettings,
    environment: Mapping[str, str],
    *,
    make: bool = True,
    observer: DatabaseObserver | None = None,
) -> Database:
    """Open the database alone; a server may run meanwhile.

    Args:
        settings: Which database.
        environment: Names the folder where the settings do not.
        make: Make what is not there, with its folder. Without, who names the wrong folder is told
            so, and does not look at an empty database.
        observer: Is told of each transaction.

    Raises:
        UnavailableError: STORAGE_UNAVAILABLE.
        OSError: The folder cannot be made.
    """
    url = _shared_url(settings)
    path: Path | None = None
    if not url:
        folder = storage_folder(settings, environment)
        if not make and not (folder / _DATABASE_NAME).exists():
            raise no_database(folder)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _check_private(folder)
        path = folder / _DATABASE_NAME
        url = sqlite_url(path)
    with _named(path):
        return await open_database(
            url,
            password=_password(settings),
            max_connections=settings.max_connections,
            observer=observer,
        )


async def open_configured_unchanged(
    settings: StorageSettings, environment: Mapping[str, str]
) -> tuple[Database, str | None] | None:
    """Open the database to look at it, as `open_unchanged`; None when it was never made.

    Raises:
        UnavailableError: STORAGE_UNAVAILABLE.
    """
    url = _shared_url(settings)
    if not url:
        path = storage_folder(settings, environment) / _DATABASE_NAME
        if not path.exists():
            return None
        url = sqlite_url(path)
    return await open_unchanged(url, password=_password(settings))


@contextmanager
def _named(file: Path | None) -> Iterator[None]:
    """Let errors say which file it is, and what to do.

    At the start alone: callers, who hear of later errors, need not know where it is.
    """
    try:
        yield
    except StorageError as error:
        if file is None:
            raise
        raise UnavailableError(
            error.reason, f"{error.message} The file is {file}. {remedy(file)}".rstrip()
        ) from None


def storage_folder(settings: StorageSettings, environment: Mapping[str, str]) -> Path:
    """Return the data folder, which need not be there."""
    return settings.data_dir or default_data_dir(environment)


def storage_files(
    settings: StorageSettings, environment: Mapping[str, str]
) -> tuple[tuple[Path, ...], Path]:
    """Return the files of the database, none with PostgreSQL, and the one with the keys."""
    path = storage_folder(settings, environment) / _DATABASE_NAME
    beside = (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm")))
    return () if settings.shared else beside, _key_path(settings, environment)[0]


def open_cipher(
    settings: StorageSettings, environment: Mapping[str, str], *, make: bool
) -> TokenCipher:
    """Return what decrypts stored tokens.

    Args:
        settings: Which key.
        environment: Names the folder where the settings do not.
        make: Make a key where the server would.

    Raises:
        FailedPreconditionError: STORAGE_KEY_MISMATCH.
    """
    path, ours = _key_path(settings, environment)
    return load_cipher(path, create=make and ours)


async def rotate_stored_key(
    settings: StorageSettings,
    environment: Mapping[str, str],
    *,
    make_new: bool,
    keep_old: bool,
) -> tuple[Path, Rotation]:
    """Change the encryption key; a server may run meanwhile.

    Raises:
        AppleMusicError: STORAGE_KEY_MISMATCH, STORAGE_UNAVAILABLE.
    """
    path, _ = _key_path(settings, environment)
    file = KeyFile(path)
    file.read()  # a key that is not there is told first
    database = await open_configured_database(settings, environment, make=False)
    try:
        return path, await rotate_key(file, database, make_new=make_new, keep_old=keep_old)
    finally:
        await database.close()


def no_database(folder: Path) -> UnavailableError:
    """Build the error for a folder without a database, where one has to be."""
    return UnavailableError(
        Reason.STORAGE_UNAVAILABLE,
        f"There is no database in the data folder {folder}. Use the server's own settings "
        "(--config, --data-dir or the environment), as the server's user.",
    )


def _shared_url(settings: StorageSettings) -> str:
    """Return PostgreSQL's URL; empty where the database is embedded."""
    if settings.url_file is None:
        return settings.url
    url = _secret(settings.url_file).reveal()
    if not url.startswith(("postgresql://", "postgres://")):
        raise UnavailableError(
            Reason.STORAGE_UNAVAILABLE,
            f"{settings.url_file} (storage.url_file) does not hold a postgresql:// URL.",
        )
    return url


def _password(settings: StorageSettings) -> Secret | None:
    return None if settings.password_file is None else _secret(settings.password_file)


def _check_private(folder: Path) -> None:
    """Refuse a database that everybody can read, as a key file is."""
    database = folder / _DATABASE_NAME
    files = [database, *(database.with_name(database.name + end) for end in ("-wal", "-shm"))]
    if exposed := open_to_everybody(files):
        raise UnavailableError(
            Reason.STORAGE_UNAVAILABLE,
            "Every user of this machine can read or change the database. Run: chmod o-rwx "
            + " ".join(map(str, exposed)),
        )


def _key_path(settings: StorageSettings, environment: Mapping[str, str]) -> tuple[Path, bool]:
    """Return the file with the keys, and whether it is ours to make."""
    if settings.encryption_key_file is not None:
        return settings.encryption_key_file, False
    return storage_folder(settings, environment) / _KEY_NAME, True


def _say(log: FilteringBoundLogger) -> Callable[[FailedPreconditionError], None]:
    def say(error: FailedPreconditionError) -> None:
        log.warning(
            "the encryption key file cannot be used; the keys that were read before stay",
            reason=error.reason.value,
            error=error.message,
        )

    return say


def _secret(path: Path) -> Secret:
    try:
        return Secret(path.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError):
        raise UnavailableError(
            Reason.STORAGE_UNAVAILABLE, f"The file {path} cannot be read, or is no text."
        ) from None
