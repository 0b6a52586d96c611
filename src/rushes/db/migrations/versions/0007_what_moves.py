"""What moves."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let jobs be found by their last change."""
    op.create_index(op.f("ix_jobs_updated_at"), "jobs", ["updated_at"])
