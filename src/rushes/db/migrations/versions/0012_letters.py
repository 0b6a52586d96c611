"""Letters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from rushes.db.columns import Document, Moment

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add mail on its way to somebody."""
    op.create_table(
        "letters",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("facts", Document, nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("sent_at", Moment()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
        sa.UniqueConstraint("cause", "recipient", name=op.f("uq_letters_cause_recipient")),
    )
    op.create_index(op.f("ix_letters_state_due_at"), "letters", ["state", "due_at"])
    op.create_index(op.f("ix_letters_created_at"), "letters", ["created_at"])
