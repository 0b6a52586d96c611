"""Every order of assets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let an index hold each order that assets are asked for in."""
    op.create_index(op.f("ix_assets_size_bytes_id"), "assets", ["size_bytes", "id"])
    begins = sa.text("substr(file_name, 1, 500)")  # PostgreSQL's indexes hold 2,704 bytes at most
    op.create_index("ix_assets_file_name_id", "assets", [begins, "id"])
    op.create_index("ix_assets_duration_id", "assets", [sa.text("coalesce(duration, -1.0)"), "id"])
