"""The tables, as the newest migration leaves them.

A new database is made from here, an older one is migrated. A column whose name begins with
`encrypted_` holds what `TokenCipher` encrypted: a rotation of the key encrypts it anew.
"""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

METADATA: Final = MetaData()
ENCRYPTED_PREFIX: Final = "encrypted_"

# The newest migration, so that a database that is up to date can be told without Alembic.
REVISION: Final = "0008"


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


class AppleText(TypeDecorator[str]):
    """Text as Apple sends it; PostgreSQL keeps no NUL, and nothing keeps half a surrogate pair."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        """Return what is stored: U+FFFD in the place of what cannot be."""
        del dialect
        if value is None:
            return None
        whole = value.replace("\0", "\ufffd")
        return whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


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

# What was done for the token that an account got at `token_time`.
TOKEN_CARE: Final = Table(
    "token_care",
    METADATA,
    Column("account", String(64), primary_key=True),
    Column("token_time", UtcDateTime, nullable=False),
    Column("warned_days", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("next_attempt_time", UtcDateTime),
)

# What Apple said about what an account may do.
CAPABILITY_ANSWERS: Final = Table(
    "capability_answers",
    METADATA,
    Column("account", String(64), primary_key=True),
    Column("capability", String(64), primary_key=True),
    Column("answer", String(16), nullable=False),
    Column("expire_time", UtcDateTime, nullable=False),
)

LEASES: Final = Table(
    "leases",
    METADATA,
    Column("name", String(128), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("expire_time", UtcDateTime, nullable=False),
)

# A library as read in one way. `sequence` grows with every change; changes up to
# `forgotten_sequence` can no longer be told.
LIBRARY_SNAPSHOTS: Final = Table(
    "library_snapshots",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("account", String(64), nullable=False),
    Column("variant", String(80), nullable=False),
    Column("epoch", String(32), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("next_number", Integer, nullable=False),
    Column("forgotten_sequence", BigInteger, nullable=False),
    UniqueConstraint("account", "variant"),
)


def _snapshot() -> Column[int]:
    key = ForeignKey("library_snapshots.id", ondelete="CASCADE")
    return Column("snapshot_id", Integer, key, primary_key=True)


LIBRARY_ITEMS: Final = Table(
    "library_items",
    METADATA,
    _snapshot(),
    Column("kind", String(20), primary_key=True),
    Column("id", String(128), primary_key=True),
    # Small and dense, so that a bit per item says which ones a sync has seen.
    Column("number", Integer, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("name", AppleText, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("changed_by", BigInteger, nullable=False),
    Column("removed_time", UtcDateTime),
    sqlite_with_rowid=False,
)

# `numbers` are those of the items on the page, four bytes each.
LIBRARY_PAGES: Final = Table(
    "library_pages",
    METADATA,
    _snapshot(),
    Column("kind", String(20), primary_key=True),
    Column("start", Integer, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("total_count", Integer, nullable=False),
    Column("numbers", LargeBinary, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("changed_by", BigInteger, nullable=False),
)

# What syncs that are not complete have seen so far.
LIBRARY_SYNCS: Final = Table(
    "library_syncs",
    METADATA,
    _snapshot(),
    Column("sync_id", BigInteger, primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("seen", LargeBinary, nullable=False),
    Column("saved_time", UtcDateTime, nullable=False),
)

# Sign-ins under way; ended ones are kept for a while, so that who asks is told how they ended.
SIGN_INS: Final = Table(
    "sign_ins",
    METADATA,
    # Digests of secrets, as hexadecimal SHA-256.
    Column("id", String(64), primary_key=True),
    Column("ticket", String(64), nullable=False),
    Column("code", String(64), nullable=False),
    Column("browser", String(64), nullable=False),
    Column("account", String(64), nullable=False),
    Column("display_name", String(200), nullable=False),
    Column("state", String(16), nullable=False),
    Column("message", Text, nullable=False),
    Column("created_time", UtcDateTime, nullable=False),
    Column("expire_time", UtcDateTime, nullable=False),
    # Digest of who began it.
    Column("caller", String(64), nullable=False, server_default=""),
    Index("sign_ins_ticket", "ticket"),
    Index("sign_ins_code", "code"),
    Index("sign_ins_browser", "browser"),
)

# `accounts` are ids joined by commas; NULL stands for all.
ACCESS_TOKENS: Final = Table(
    "access_tokens",
    METADATA,
    Column("id", String(12), primary_key=True),
    Column("name", String(128), nullable=False, unique=True),
    Column("digest", LargeBinary, nullable=False),
    Column("scopes", String(64), nullable=False),
    Column("accounts", Text),
    Column("create_time", UtcDateTime, nullable=False),
    Column("expire_time", UtcDateTime),
)

# Requests that name themselves, each done once: `plan` and `outcome` are JSON.
LIBRARY_REQUESTS: Final = Table(
    "library_requests",
    METADATA,
    Column("account", String(64), primary_key=True),
    Column("request_id", String(128), primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("begin_time", UtcDateTime, nullable=False),
    Column("plan", Text, nullable=False),
    Column("outcome", Text),
)
