"""Movements and checks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from rushes.db.columns import Document, Moment, Size

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what the copier and the checks keep."""
    _add_movements()
    _add_checks()


def _add_movements() -> None:
    op.create_table(
        "movements",
        sa.Column("placement_id", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("store_upload_id", sa.Text(), nullable=False),
        sa.Column("part_bytes", Size, nullable=False),
        sa.Column("digest", sa.LargeBinary()),
        sa.Column("begun_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("placement_id", name=op.f("pk_movements")),
    )
    op.create_table(
        "object_blocks",
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("content_id", sa.Text(), nullable=False),
        sa.Column("digests", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("object_id", name=op.f("pk_object_blocks")),
    )
    op.create_index(op.f("ix_object_blocks_content_id"), "object_blocks", ["content_id"])


def _add_checks() -> None:
    op.create_table(
        "tier_checks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("is_full", sa.Boolean(), nullable=False),
        sa.Column("repairs", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("report", Document, nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tier_checks")),
    )
    op.create_index(op.f("ix_tier_checks_created_at"), "tier_checks", ["created_at"])
    op.create_table(
        "scrub_cursors",
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("after_key", sa.Text(), nullable=False),
        sa.Column("block", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tier", name=op.f("pk_scrub_cursors")),
    )
