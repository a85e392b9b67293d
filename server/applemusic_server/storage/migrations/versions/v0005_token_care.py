"""What was done for user tokens, and leases among replicas."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "token_care",
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("token_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("warned_days", sa.Integer, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("next_attempt_time", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(128), primary_key=True),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("expire_time", sa.DateTime(timezone=True), nullable=False),
    )
