"""The tables, as the newest migration leaves them."""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Boolean, Column, DateTime, LargeBinary, MetaData, String, Table
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

METADATA: Final = MetaData()

# The newest migration, so that a database that is up to date can be told without Alembic.
REVISION: Final = "0001"


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite keeps no time zone, so it is put back when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Return what is stored. A moment without a time zone is a defect."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "a moment needs a time zone"
            raise ValueError(msg)
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment with its time zone."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


ACCOUNTS: Final = Table(
    "accounts",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("encrypted_music_user_token", LargeBinary, nullable=False),
    Column("storefront", String(8), nullable=False),
    Column("display_name", String(200), nullable=False),
    # Tags joined by commas, the default first.
    Column("language_tags", String(400), nullable=False),
    Column("subscription_state", String(16), nullable=False),
    Column("team_id", String(64), nullable=False),
    Column("rejected", Boolean, nullable=False),
    Column("token_first_seen_time", UtcDateTime, nullable=False),
    Column("token_renewed_time", UtcDateTime),
    Column("last_verified_time", UtcDateTime),
)
