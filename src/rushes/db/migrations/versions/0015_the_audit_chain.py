"""The audit chain."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from rushes.db.columns import Moment, Size

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the chain over events, which the database refuses to change, and their origins."""
    op.create_table(
        "event_chain",
        sa.Column("number", Size, autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("origin_digest", sa.LargeBinary()),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_event_chain")),
        sa.UniqueConstraint("event_id", name=op.f("uq_event_chain_event_id")),
    )
    op.create_table(
        "event_origins",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_origins")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_event_origins_event_id")
        ),
    )
    op.create_index(op.f("ix_event_origins_created_at"), "event_origins", ["created_at"])
    for verb in ("UPDATE", "DELETE"):
        _refuse(verb)


def _refuse(verb: str) -> None:
    name = f"event_chain_no_{verb.lower()}"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {verb} ON event_chain "
            "BEGIN SELECT RAISE(ABORT, 'the chain is append-only'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the chain is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {verb} ON event_chain FOR EACH ROW EXECUTE FUNCTION {name}()"
    )
