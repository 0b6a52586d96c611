"""How projects end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from rushes.db.columns import Moment

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add when a project was deleted, and which objects wait for the end of their minimum."""
    op.add_column("projects", sa.Column("deleted_at", Moment()))
    op.create_table(
        "late_removals",
        sa.Column("placement_id", sa.Text(), nullable=False),
        sa.Column("leave_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("placement_id", name=op.f("pk_late_removals")),
    )
    op.create_index(op.f("ix_late_removals_leave_at"), "late_removals", ["leave_at"])
