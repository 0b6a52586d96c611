"""Alarms and warming."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from rushes.db.columns import Moment

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is wrong with tiers, and what is to be on the edge by when."""
    op.create_table(
        "tier_alarms",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("raised_at", Moment(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("told_at", Moment(), nullable=False),
        sa.Column("cleared_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("name", "raised_at", name=op.f("pk_tier_alarms")),
    )
    op.create_index(op.f("ix_tier_alarms_cleared_at"), "tier_alarms", ["cleared_at"])
    op.create_table(
        "warm_orders",
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("wanted_at", Moment(), nullable=False),
        sa.Column("ordered_by", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("object_id", name=op.f("pk_warm_orders")),
    )
    op.create_index(op.f("ix_warm_orders_wanted_at"), "warm_orders", ["wanted_at"])
