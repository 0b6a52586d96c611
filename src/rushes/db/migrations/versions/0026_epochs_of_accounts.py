"""Epochs of accounts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let the addresses that were signed for an account end with what opened them."""
    op.add_column("accounts", sa.Column("epoch", sa.Integer(), nullable=False, server_default="0"))
