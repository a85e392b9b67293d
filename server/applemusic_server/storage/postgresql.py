"""Opens a PostgreSQL database: a server of its own, for one or several of ours.

The engine's URL names neither host nor user: the driver reads the operator's URL itself, so that
no password can get into what SQLAlchemy prints.
"""

from typing import Any, Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from applemusic_server.domain.errors import Reason, UnavailableError
from applemusic_server.domain.secret import Secret

SCHEMES: Final = ("postgresql://", "postgres://")
# Of those connections some stay open; the rest come and go with the load.
DEFAULT_CONNECTIONS: Final = 10
_KEPT_CONNECTIONS: Final = 5

_CONNECT_SECONDS: Final = 5.0
_POOL_SECONDS: Final = 5.0
# The server gives up first, and says why; the client gives up when the server says nothing at all.
_SERVER_SETTINGS: Final = {
    "application_name": "applemusic-server",
    "statement_timeout": "15s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
    # A plan made for a statement while a table was still empty would be kept when it is full: the
    # first sync of 96,000 songs took 86 s instead of 6 s.
    "plan_cache_mode": "force_custom_plan",
}
_COMMAND_SECONDS: Final = 20.0
# Any number will do that nobody else takes for the same database.
_MIGRATION_LOCK: Final = 0x6170_706C_656D_7573
_WAIT_FOR_MIGRATION: Final = "120s"

# Two transactions got into each other's way, and doing one of them again helps.
_TRY_AGAIN: Final = frozenset({"40001", "40P01"})
# What these say may quote a row.
_QUOTES_VALUES: Final = ("22", "23")
_DISK_FULL: Final = "53100"
# It gave up: a statement or a lock took too long.
_GAVE_UP: Final = frozenset({"57014", "55P03"})
# The connection is gone, or the server starts or goes down.
_GONE: Final = ("08", "57P")


def open_postgresql(
    url: str, password: Secret | None, max_connections: int
) -> tuple[AsyncEngine, AsyncEngine]:
    """Return an engine for everyday work and one for migrations; nothing is connected yet.

    Args:
        url: `postgresql://user@host:5432/name?sslmode=verify-full`, as libpq reads it.
        password: Counts before one in the URL.
        max_connections: Most at the same time.

    Raises:
        UnavailableError: STORAGE_UNAVAILABLE, the driver is not installed.
    """
    kept = min(_KEPT_CONNECTIONS, max_connections)
    everyday = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=_connector(url, password, _COMMAND_SECONDS),
        hide_parameters=True,
        pool_size=kept,
        max_overflow=max_connections - kept,
        pool_timeout=_POOL_SECONDS,
        pool_pre_ping=True,  # a connection may have died with its server
    )
    migrating = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=_connector(url, password, None),
        hide_parameters=True,
        poolclass=NullPool,
    )
    return everyday, migrating


def wait_for_turn(connection: Connection) -> None:
    """Let one server at a time migrate; held until the transaction ends."""
    connection.execute(text(f"SET LOCAL lock_timeout = '{_WAIT_FOR_MIGRATION}'"))
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})


def is_conflict(error: DBAPIError) -> bool:
    """Whether the same transaction, done again, may well succeed."""
    return _state(error) in _TRY_AGAIN


def is_full(error: DBAPIError) -> bool:
    """Whether there is no room on PostgreSQL's disk."""
    return _state(error) == _DISK_FULL


def fault_of(error: DBAPIError) -> str:
    """Say what is wrong in the words of `domain.observers`."""
    state = _state(error)
    if state in _GAVE_UP:
        return "timeout"
    return "unreachable" if not state or state.startswith(_GONE) else "other"


def describe(error: DBAPIError) -> str:
    """Say what is wrong without the values that PostgreSQL may quote."""
    cause = error.orig.__cause__ if error.orig is not None else None
    state = _state(error)
    if not state:
        return f"PostgreSQL: {type(cause).__name__}" if cause else "PostgreSQL: connection lost"
    name = type(cause).__name__
    if state.startswith(_QUOTES_VALUES) or cause is None:
        return f"PostgreSQL: {name} ({state})"
    return f"PostgreSQL: {cause.args[0]} ({state})"


def _state(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")


def _connector(url: str, password: Secret | None, command_seconds: float | None) -> Any:
    try:
        import asyncpg  # noqa: PLC0415 - an extra that only this database needs
    except ImportError:
        raise UnavailableError(
            Reason.STORAGE_UNAVAILABLE,
            "PostgreSQL needs a driver that is not installed: "
            "pip install 'applemusic-grpc-server[postgresql]'",
        ) from None
    given = {} if password is None else {"password": password.reveal()}

    async def connect() -> Any:
        try:
            return await asyncpg.connect(
                url,
                timeout=_CONNECT_SECONDS,
                command_timeout=command_seconds,
                server_settings=_SERVER_SETTINGS,
                **given,
            )
        except asyncpg.PostgresError as error:
            raise _refused(f"{error.args[0]} ({error.sqlstate})") from None
        except TimeoutError:
            raise _refused(f"no answer within {_CONNECT_SECONDS:g} s") from None
        except OSError as error:
            raise _refused(str(error)) from None
        except (asyncpg.InterfaceError, ValueError):
            # Such an error may quote a part of the URL, and with it of the password.
            raise _refused(
                "the URL cannot be read; it is postgresql://user@host:5432/name, with special "
                "characters in it percent-encoded"
            ) from None

    return connect


def _refused(why: str) -> UnavailableError:
    return UnavailableError(Reason.STORAGE_UNAVAILABLE, f"PostgreSQL cannot be reached: {why}.")
