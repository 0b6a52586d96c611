"""The colour of a project."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a project say what its films are taken for whose file says nothing of their colour."""
    op.add_column("projects", sa.Column("color", sa.Text()))
