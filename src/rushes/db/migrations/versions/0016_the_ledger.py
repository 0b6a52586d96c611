"""The ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from rushes.db.columns import Moment, Size

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

COUNTS = ("held_objects", "came", "gone", "fetched")
SIZES = (
    *("held_bytes", "byte_hours", "came_bytes", "gone_bytes", "writes", "fetched_bytes"),
    *("reads", "read_bytes"),
)


def upgrade() -> None:
    """Add what each tier held by day."""
    zero = sa.text("0")
    op.create_table(
        "tier_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("is_original", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False, server_default=zero) for name in COUNTS),
        *(sa.Column(name, Size, nullable=False, server_default=zero) for name in SIZES),
        sa.PrimaryKeyConstraint(
            "day", "tier", "project_id", "is_original", name=op.f("pk_tier_days")
        ),
    )
    op.create_table(
        "ledger_marks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reached_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_ledger_marks")),
    )
