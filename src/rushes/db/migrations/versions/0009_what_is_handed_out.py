"""What is handed out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from rushes.db.columns import Document, Moment, Size

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add shares, what they list, who took what, and the looks of links."""
    _add_shares()
    _add_lists()
    op.create_table(
        "logos",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logos")),
    )
    op.add_column("links", sa.Column("color", sa.Text()))
    op.add_column("links", sa.Column("logo_id", sa.Text()))


def _add_shares() -> None:
    op.create_table(
        "shares",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("token_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("is_whole_project", sa.Boolean(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("expires_at", Moment()),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("password_hash", sa.Text()),
        sa.Column("may_play", sa.Boolean(), nullable=False),
        sa.Column("download", sa.Text(), nullable=False),
        sa.Column("may_get_original", sa.Boolean(), nullable=False),
        sa.Column("max_views", Size),
        sa.Column("origins", Document, nullable=False),
        sa.Column("color", sa.Text()),
        sa.Column("logo_id", sa.Text()),
        sa.Column("view_count", Size, server_default="0", nullable=False),
        sa.Column("download_count", Size, server_default="0", nullable=False),
        sa.Column("last_viewed_at", Moment()),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("epoch", sa.Integer(), server_default="0", nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shares")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_shares_token_digest")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_shares_project_id")),
    )
    op.create_index(op.f("ix_shares_project_id"), "shares", ["project_id"])
    op.create_index(op.f("ix_shares_created_at_id"), "shares", ["created_at", "id"])


def _add_lists() -> None:
    for name, more in (
        ("share_assets", ()),
        (
            "share_downloads",
            (
                sa.Column("visitor", sa.Text(), nullable=False),
                sa.Column("quality", sa.Text(), nullable=False),
                sa.Column("created_at", Moment(), nullable=False),
            ),
        ),
    ):
        of_visitors = ("visitor", "asset_id", "quality") if more else ("asset_id",)
        op.create_table(
            name,
            sa.Column("share_id", sa.Text(), nullable=False),
            sa.Column("asset_id", sa.Text(), nullable=False),
            *more,
            sa.PrimaryKeyConstraint("share_id", *of_visitors, name=op.f(f"pk_{name}")),
            sa.ForeignKeyConstraint(["share_id"], ["shares.id"], name=op.f(f"fk_{name}_share_id")),
        )
