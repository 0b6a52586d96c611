"""The lab."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from rushes.db.columns import Document, Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what just-in-time playback keeps, and what is told of tools and their box."""
    _add_segment_wishes()
    _add_tool_facts()
    op.add_column("contents", sa.Column("opened_at", Moment()))
    _add_colors()


def _add_segment_wishes() -> None:
    op.create_table(
        "segment_wishes",
        sa.Column("content_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("is_light", sa.Boolean(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("renewed_at", Moment(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("held_until", Moment()),
        sa.Column("error_code", sa.Text()),
        sa.Column("error_detail", sa.Text()),
        sa.PrimaryKeyConstraint("content_id", "name", "position", name=op.f("pk_segment_wishes")),
    )
    op.create_index(
        op.f("ix_segment_wishes_urgency_asked_at"), "segment_wishes", ["urgency", "asked_at"]
    )


def _add_tool_facts() -> None:
    op.add_column("jobs", sa.Column("trouble", Document))
    op.add_column("jobs", sa.Column("box", sa.Text()))
    op.add_column("executors", sa.Column("box", sa.Text()))


def _add_colors() -> None:
    op.add_column("contents", sa.Column("color", sa.Text()))
    op.create_table(
        "luts",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("side", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_luts")),
    )
