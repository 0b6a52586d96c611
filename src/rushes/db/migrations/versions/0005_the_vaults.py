"""The vaults."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from rushes.db.columns import Document, Moment, Size

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PLACEMENT_COLUMNS = (
    ("arrived_at", Moment),
    ("wished_at", Moment),
    ("leaving_at", Moment),
    ("leaving_for", sa.Text),
    ("missed_at", Moment),
)


def upgrade() -> None:
    """Add what recall, eviction and the counting of reads keep."""
    for name, kind in PLACEMENT_COLUMNS:
        op.add_column("placements", sa.Column(name, kind()))
    op.add_column(
        "placements", sa.Column("tries", sa.Integer(), nullable=False, server_default="0")
    )
    op.execute("UPDATE placements SET arrived_at = verified_at WHERE state = 'present'")
    _add_read_counts()
    _add_retention_runs()


def _add_read_counts() -> None:
    op.create_table(
        "read_counts",
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("reads", sa.Integer(), nullable=False),
        sa.Column("plays", sa.Integer(), nullable=False),
        sa.Column("bytes", Size, nullable=False),
        sa.PrimaryKeyConstraint("object_id", "day", "tier", name=op.f("pk_read_counts")),
    )
    op.create_index(op.f("ix_read_counts_day"), "read_counts", ["day"])


def _add_retention_runs() -> None:
    op.create_table(
        "retention_runs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("plan", Document, nullable=False),
        sa.Column("marked", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("confirmed_by", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_runs")),
    )
    op.create_index(
        op.f("ix_retention_runs_tier_created_at"), "retention_runs", ["tier", "created_at"]
    )
