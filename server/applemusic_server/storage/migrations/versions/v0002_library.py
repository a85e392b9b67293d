"""Libraries as they were last read, for incremental syncs."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of snapshots."""
    op.create_table(
        "library_snapshots",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("variant", sa.String(80), nullable=False),
        sa.Column("epoch", sa.String(32), nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("next_number", sa.Integer, nullable=False),
        sa.Column("forgotten_sequence", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("account", "variant"),
    )
    snapshot = sa.ForeignKey("library_snapshots.id", ondelete="CASCADE")
    op.create_table(
        "library_items",
        sa.Column("snapshot_id", sa.Integer, snapshot, primary_key=True),
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("id", sa.String(128), primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("changed_by", sa.BigInteger, nullable=False),
        sa.Column("removed_time", sa.DateTime(timezone=True)),
        sqlite_with_rowid=False,
    )
    snapshot = sa.ForeignKey("library_snapshots.id", ondelete="CASCADE")
    op.create_table(
        "library_pages",
        sa.Column("snapshot_id", sa.Integer, snapshot, primary_key=True),
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("start", sa.Integer, primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("total_count", sa.Integer, nullable=False),
        sa.Column("numbers", sa.LargeBinary, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("changed_by", sa.BigInteger, nullable=False),
    )
    snapshot = sa.ForeignKey("library_snapshots.id", ondelete="CASCADE")
    op.create_table(
        "library_syncs",
        sa.Column("snapshot_id", sa.Integer, snapshot, primary_key=True),
        sa.Column("sync_id", sa.BigInteger, primary_key=True),
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("seen", sa.LargeBinary, nullable=False),
        sa.Column("saved_time", sa.DateTime(timezone=True), nullable=False),
    )
