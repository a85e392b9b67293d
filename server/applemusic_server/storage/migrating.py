"""Runs the migrations with Alembic, inside a transaction that is open already."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from applemusic_server.domain.errors import Reason, UnavailableError

_MIGRATIONS: Final = Path(__file__).parent / "migrations"


def upgrade(connection: Connection) -> None:
    """Bring the schema up to the newest revision.

    Raises:
        UnavailableError: STORAGE_UNAVAILABLE, a newer version made the database.
    """
    config = alembic_config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise UnavailableError(
            Reason.STORAGE_UNAVAILABLE,
            "The database was made by a newer version of the server. Use that version, or restore "
            "a backup made by this one.",
        ) from error


def newest_revision() -> str | None:
    """Return the newest revision that there is a migration for."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


def alembic_config() -> Config:
    """Return what Alembic needs to know; its attribute `connection` is still to be set."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
