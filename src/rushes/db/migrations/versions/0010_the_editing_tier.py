"""The editing tier."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from rushes.db.columns import Moment, Size

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tree, a folder for each project, a file for each asset."""
    _add_trees()
    _add_files()


def _add_trees() -> None:
    op.create_table(
        "editing_trees",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tree_id", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text()),
        sa.Column("lease_until", Moment()),
        sa.Column("fence", Size, server_default="0", nullable=False),
        sa.Column("trouble", sa.Text()),
        sa.Column("trouble_since", Moment()),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_editing_trees")),
    )
    op.create_table(
        "editing_folders",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("client_slug", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("moving_to", sa.Text()),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_editing_folders")),
        sa.UniqueConstraint("path", name=op.f("uq_editing_folders_path")),
    )


def _add_files() -> None:
    op.create_table(
        "editing_files",
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("rendition_id", sa.Text()),
        sa.Column("size_bytes", Size, server_default="0", nullable=False),
        sa.Column("digest", sa.LargeBinary()),
        sa.Column("version", sa.Text()),
        sa.Column("written_at", Moment()),
        sa.Column("error", sa.Text()),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", Moment()),
        sa.PrimaryKeyConstraint("asset_id", name=op.f("pk_editing_files")),
        sa.UniqueConstraint(
            "project_id", "folded", name=op.f("uq_editing_files_project_id_folded")
        ),
    )
