"""Sums of what a tier keeps, from an index alone."""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let the index of placements tell sizes too: the archive's are summed under a lock."""
    op.drop_index(op.f("ix_placements_tier_state"), "placements")
    op.create_index(
        op.f("ix_placements_tier_state_size_bytes"), "placements", ["tier", "state", "size_bytes"]
    )
