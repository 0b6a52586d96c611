"""Partners."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from rushes.db.columns import Document, Moment, Size

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add assets at partners, projects whose assets go there, and the calls that came."""
    op.create_table(
        "partner_copies",
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("id", "asset_id", "content_id", "project_id")
        ),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("partner", "state", "asked_by")),
        sa.Column("size_bytes", Size, nullable=False),
        sa.Column("remote_id", sa.Text()),
        sa.Column("session", sa.LargeBinary()),
        sa.Column("sent_bytes", Size, nullable=False),
        sa.Column("sent_at", Moment()),
        sa.Column("facts", Document, nullable=False),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("due_at", Moment()),
        *(sa.Column(name, sa.Text()) for name in ("claim", "error_code", "error_detail")),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_copies")),
        sa.UniqueConstraint("asset_id", "partner", name=op.f("uq_partner_copies_asset_id_partner")),
    )
    for columns in (["project_id"], ["due_at"], ["partner", "remote_id"]):
        name = op.f(f"ix_partner_copies_{'_'.join(columns)}")
        op.create_index(name, "partner_copies", columns)
    op.create_table(
        "partner_projects",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_partner_projects_project_id_projects")
        ),
        sa.PrimaryKeyConstraint("project_id", "partner", name=op.f("pk_partner_projects")),
    )
    op.create_table(
        "partner_calls",
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("received_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("partner", "call_id", name=op.f("pk_partner_calls")),
    )
    op.create_index(op.f("ix_partner_calls_received_at"), "partner_calls", ["received_at"])
