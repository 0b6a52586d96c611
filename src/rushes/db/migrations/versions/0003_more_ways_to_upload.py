"""More ways to upload."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from rushes.db.columns import Document, Moment, Size

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what chunks, concatenation, leases, direct uploads and S3 stores keep."""
    _add_store_probes()
    _add_account_days()
    _add_direct_uploads()
    _add_upload_chunks()
    _add_upload_concats()
    _add_upload_copies()
    _add_upload_groups()
    _add_upload_looks()
    _add_columns()


def _add_store_probes() -> None:
    op.create_table(
        "store_probes",
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("answers", Document, nullable=False),
        sa.Column("probed_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("store", name=op.f("pk_store_probes")),
    )


def _add_account_days() -> None:
    op.create_table(
        "account_days",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("uploads", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_account_days_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "day", name=op.f("pk_account_days")),
    )


def _add_direct_uploads() -> None:
    op.create_table(
        "direct_uploads",
        sa.Column("upload_id", sa.Text(), nullable=False),
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("store_upload_id", sa.Text()),
        sa.Column("part_bytes", Size),
        sa.Column("look_at", Moment()),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["uploads.id"], name=op.f("fk_direct_uploads_upload_id")
        ),
        sa.PrimaryKeyConstraint("upload_id", name=op.f("pk_direct_uploads")),
    )
    op.create_index(op.f("ix_direct_uploads_look_at"), "direct_uploads", ["look_at"])


def _add_upload_chunks() -> None:
    op.create_table(
        "upload_chunks",
        sa.Column("upload_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("length", Size, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["uploads.id"], name=op.f("fk_upload_chunks_upload_id")
        ),
        sa.PrimaryKeyConstraint("upload_id", "position", name=op.f("pk_upload_chunks")),
    )


def _add_upload_concats() -> None:
    op.create_table(
        "upload_concats",
        sa.Column("final_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("partial_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["final_id"], ["uploads.id"], name=op.f("fk_upload_concats_final_id")
        ),
        sa.ForeignKeyConstraint(
            ["partial_id"], ["uploads.id"], name=op.f("fk_upload_concats_partial_id")
        ),
        sa.PrimaryKeyConstraint("final_id", "position", name=op.f("pk_upload_concats")),
    )
    op.create_index(op.f("ix_upload_concats_partial_id"), "upload_concats", ["partial_id"])


def _add_upload_copies() -> None:
    op.create_table(
        "upload_copies",
        sa.Column("upload_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("store_upload_id", sa.Text()),
        sa.Column("part_bytes", Size, nullable=False),
        sa.Column("done_parts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sent", Document, nullable=False),
        sa.Column("fence", Size, server_default="0", nullable=False),
        sa.Column("lease_until", Moment()),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["uploads.id"], name=op.f("fk_upload_copies_upload_id")
        ),
        sa.PrimaryKeyConstraint("upload_id", name=op.f("pk_upload_copies")),
    )


def _add_upload_groups() -> None:
    op.create_table(
        "upload_groups",
        sa.Column("upload_id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("group", sa.Text(), nullable=False),
        sa.Column("start", Size, nullable=False),
        sa.Column("total", Size, nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["uploads.id"], name=op.f("fk_upload_groups_upload_id")
        ),
        sa.PrimaryKeyConstraint("upload_id", name=op.f("pk_upload_groups")),
    )
    op.create_index(op.f("ix_upload_groups_owner_group"), "upload_groups", ["owner", "group"])


def _add_upload_looks() -> None:
    op.create_table(
        "upload_looks",
        sa.Column("upload_id", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("facts", Document),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["uploads.id"], name=op.f("fk_upload_looks_upload_id")
        ),
        sa.PrimaryKeyConstraint("upload_id", name=op.f("pk_upload_looks")),
    )


def _add_columns() -> None:
    op.add_column(
        "accounts", sa.Column("time_zone", sa.Text(), server_default="UTC", nullable=False)
    )
    op.add_column("accounts", sa.Column("used_bytes", Size, server_default="0", nullable=False))
    op.add_column("accounts", sa.Column("max_total_bytes", Size))
    op.add_column("accounts", sa.Column("max_uploads_per_day", sa.Integer()))

    op.add_column("uploads", sa.Column("holder", sa.Text()))
    op.add_column("uploads", sa.Column("lease_until", Moment()))
    op.add_column("uploads", sa.Column("wanted_by", sa.Text()))
    op.add_column("uploads", sa.Column("concat", sa.Text()))
    op.add_column("uploads", sa.Column("chunk_bytes", Size))
    op.add_column(
        "uploads", sa.Column("is_slot", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("uploads", sa.Column("told_digest", sa.Text()))
    op.add_column("uploads", sa.Column("wanted_digest", sa.Text()))
    op.add_column("uploads", sa.Column("mbit", sa.Float()))
