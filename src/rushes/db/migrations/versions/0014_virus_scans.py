"""Virus scans."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from rushes.db.columns import Document, Moment

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what a virus scan said of each upload."""
    op.create_table(
        "scans",
        sa.Column("upload_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", sa.Text()),
        sa.Column("found", Document, nullable=False),
        sa.Column("scanner", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("remove_at", Moment()),
        sa.Column("removed_at", Moment()),
        sa.PrimaryKeyConstraint("upload_id", name=op.f("pk_scans")),
    )
    op.create_index(op.f("ix_scans_remove_at"), "scans", ["remove_at"])
