"""The archive moves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from rushes.db.columns import Moment

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add from where to where the archive moves, and what could not."""
    op.create_table(
        "tier_migrations",
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("former", sa.Text(), nullable=False),
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("moved_at", Moment()),
        sa.PrimaryKeyConstraint("tier", name=op.f("pk_tier_migrations")),
    )
    op.create_table(
        "migration_troubles",
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("next_try_at", Moment()),
        sa.PrimaryKeyConstraint("object_id", name=op.f("pk_migration_troubles")),
    )
