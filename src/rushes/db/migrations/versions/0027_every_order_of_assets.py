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
    for name in ("file_name", "size_bytes"):
        op.create_index(op.f(f"ix_assets_{name}_id"), "assets", [name, "id"])
    op.create_index("ix_assets_duration_id", "assets", [sa.text("coalesce(duration, -1.0)"), "id"])
