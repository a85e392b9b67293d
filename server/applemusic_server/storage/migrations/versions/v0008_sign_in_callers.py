"""Who began a sign-in."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column.

    PostgreSQL keeps the sign-ins that are under way, and servers that know no callers go on beside
    this one. SQLite has one server, which is starting just now: there the table is made anew.
    """
    caller = sa.Column("caller", sa.String(64), nullable=False, server_default="")
    if op.get_bind().dialect.name == "postgresql":
        op.add_column("sign_ins", caller)
        return
    op.drop_table("sign_ins")
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("ticket", sa.String(64), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("browser", sa.String(64), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("display_name", sa.String(200), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("created_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expire_time", sa.DateTime(timezone=True), nullable=False),
        caller,
    )
    for column in ("ticket", "code", "browser"):
        op.create_index(f"sign_ins_{column}", "sign_ins", [column])
