"""Accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of accounts."""
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("encrypted_music_user_token", sa.LargeBinary, nullable=False),
        sa.Column("storefront", sa.String(8), nullable=False),
        sa.Column("display_name", sa.String(200), nullable=False),
        sa.Column("language_tags", sa.String(400), nullable=False),
        sa.Column("subscription_state", sa.String(16), nullable=False),
        sa.Column("team_id", sa.String(64), nullable=False),
        sa.Column("rejected", sa.Boolean, nullable=False),
        sa.Column("token_first_seen_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("token_renewed_time", sa.DateTime(timezone=True)),
        sa.Column("last_verified_time", sa.DateTime(timezone=True)),
    )
