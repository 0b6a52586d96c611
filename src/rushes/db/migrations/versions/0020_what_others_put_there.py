"""What others put there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from rushes.db.columns import Moment, Size

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the objects that were imported, and which bytes are not ours to delete."""
    op.create_table(
        "imported_objects",
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("size_bytes", Size, nullable=False),
        sa.Column("upload_id", sa.Text(), nullable=False),
        sa.Column("may_go", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("store", "key", name=op.f("pk_imported_objects")),
    )
    op.create_index(op.f("ix_imported_objects_upload_id"), "imported_objects", ["upload_id"])
    op.add_column(
        "direct_uploads",
        sa.Column("is_foreign", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
