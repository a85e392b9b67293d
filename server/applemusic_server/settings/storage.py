"""What outlives the process."""

from pathlib import Path
from typing import Annotated, Final

from msgspec import Meta

from applemusic_server.config_section import Checked, Section

POSTGRESQL_SCHEMES: Final = ("postgresql://", "postgres://")


def _database_url(value: str) -> str:
    if not value or value.startswith("sqlite+aiosqlite:"):
        return value
    if not value.startswith(POSTGRESQL_SCHEMES):
        msg = "a database is postgresql://user@host:5432/name, or empty for SQLite"
        raise ValueError(msg)
    # Looked for by hand: what cannot be parsed may hold one as well.
    if ":" in value.split("://", 1)[1].rpartition("@")[0] or "password=" in value.lower():
        msg = "no password belongs here: name a file in password_file, or the URL's in url_file"
        raise ValueError(msg)
    return value


class StorageSettings(Section, frozen=True):
    """What outlives the process."""

    data_dir: Annotated[
        Path | None,
        Meta(
            description="Folder for the database and the encryption key. Default: "
            "$STATE_DIRECTORY, else $XDG_DATA_HOME/applemusic-server, else "
            "~/.local/share/applemusic-server."
        ),
    ] = None
    url: Annotated[
        str,
        Meta(
            description="PostgreSQL database, "
            "`postgresql://user@host:5432/name?sslmode=verify-full`, without a password. Empty, "
            "and no `url_file`, for SQLite in data_dir."
        ),
        Checked(_database_url),
    ] = ""
    url_file: Annotated[
        Path | None,
        Meta(description="File with such a URL, which may hold a password, instead of it."),
    ] = None
    password_file: Annotated[
        Path | None, Meta(description="File with the password of the PostgreSQL user.")
    ] = None
    max_connections: Annotated[
        int,
        Meta(ge=2, le=200, description="Most connections to PostgreSQL at the same time."),
    ] = 10
    encryption_key_file: Annotated[
        Path | None,
        Meta(
            description="Keys that tokens are encrypted with, one per line, the newest first. "
            "Default: encryption.key in data_dir, made at the first start. With PostgreSQL it has "
            "to be given: all servers need the same."
        ),
    ] = None

    @property
    def shared(self) -> bool:
        """Whether other servers may use the same database."""
        return self.url_file is not None or self.url.startswith(POSTGRESQL_SCHEMES)

    def __post_init__(self) -> None:
        """Check that one database is named, and the key that its servers share."""
        if self.url and self.url_file:
            msg = "give url or url_file, not both"
            raise ValueError(msg)
        if self.password_file and not self.shared:
            msg = "password_file is for PostgreSQL: give url too"
            raise ValueError(msg)
        if self.shared and self.encryption_key_file is None:
            msg = (
                "PostgreSQL needs encryption_key_file, the same for all servers; make it with "
                "`applemusic-server keys new FILE`"
            )
            raise ValueError(msg)
