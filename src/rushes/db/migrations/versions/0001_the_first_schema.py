"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from rushes.db.columns import Document, Moment, Size

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema one step forward."""
    op.create_table(
        "accounts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("password_changed_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("email", name=op.f("uq_accounts_email")),
    )
    op.create_table(
        "block_hashes",
        sa.Column("upload_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("upload_id", "position", name=op.f("pk_block_hashes")),
    )
    op.create_table(
        "contents",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary()),
        sa.Column("size_bytes", Size, nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("facts", Document),
        sa.Column("error_code", sa.Text()),
        sa.Column("error_detail", sa.Text()),
        sa.Column("upload_id", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contents")),
        sa.UniqueConstraint("scope", "root", name=op.f("uq_contents_scope_root")),
    )
    op.create_table(
        "events",
        sa.Column("seq", Size, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text()),
        sa.Column("asset_id", sa.Text()),
        sa.Column("data", Document, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_events")),
        sa.UniqueConstraint("id", name=op.f("uq_events_id")),
    )
    op.create_index(op.f("ix_events_asset_id_seq"), "events", ["asset_id", "seq"], unique=False)
    op.create_index(op.f("ix_events_project_id_seq"), "events", ["project_id", "seq"], unique=False)
    op.create_index(op.f("ix_events_subject"), "events", ["subject"], unique=False)
    op.create_table(
        "executors",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Float(), nullable=False),
        sa.Column("seen", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_executors")),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), server_default="", nullable=False),
        sa.Column("progress", sa.Float(), server_default="0", nullable=False),
        sa.Column("is_cancel_requested", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("error_code", sa.Text()),
        sa.Column("error_detail", sa.Text()),
        sa.Column("last_words", sa.Text()),
        sa.Column("worker", sa.Text()),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index(op.f("ix_jobs_created_at_id"), "jobs", ["created_at", "id"], unique=False)
    op.create_index(
        op.f("ix_jobs_state_created_at_id"), "jobs", ["state", "created_at", "id"], unique=False
    )
    op.create_index(op.f("ix_jobs_subject"), "jobs", ["subject"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("seq", Size, autoincrement=True, nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbox")),
        sa.UniqueConstraint("event_id", name=op.f("uq_outbox_event_id")),
    )
    op.create_table(
        "placements",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("content_id", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("size_bytes", Size, nullable=False),
        sa.Column("digest", sa.LargeBinary()),
        sa.Column("version", sa.Text()),
        sa.Column("generation", sa.Integer(), server_default="1", nullable=False),
        sa.Column("fence", Size, server_default="0", nullable=False),
        sa.Column("lease_until", Moment()),
        sa.Column("is_shared", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("verified_at", Moment()),
        sa.Column("last_access_at", Moment()),
        sa.Column("pinned_until", Moment()),
        sa.Column("error", sa.Text()),
        sa.Column("next_try_at", Moment()),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placements")),
        sa.UniqueConstraint("object_id", "tier", name=op.f("uq_placements_object_id_tier")),
        sa.UniqueConstraint("tier", "key", name=op.f("uq_placements_tier_key")),
    )
    op.create_index(op.f("ix_placements_content_id"), "placements", ["content_id"], unique=False)
    op.create_index(op.f("ix_placements_tier_state"), "placements", ["tier", "state"], unique=False)
    op.create_table(
        "rates",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("tat", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rates")),
    )
    op.create_table(
        "recoveries",
        sa.Column("workflow_id", sa.Text(), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("workflow_id", name=op.f("pk_recoveries")),
    )
    op.create_table(
        "setup_claims",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claimed_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setup_claims")),
    )
    op.create_table(
        "projects",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("client_slug", sa.Text(), nullable=False),
        sa.Column("project_slug", sa.Text(), nullable=False),
        sa.Column("client_name", sa.Text(), nullable=False),
        sa.Column("project_name", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("finished_at", Moment()),
        sa.Column("used_bytes", Size, server_default="0", nullable=False),
        sa.Column("used_files", Size, server_default="0", nullable=False),
        sa.Column("max_total_bytes", Size),
        sa.Column("owner_id", sa.Text()),
        sa.ForeignKeyConstraint(["owner_id"], ["accounts.id"], name=op.f("fk_projects_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint(
            "client_slug", "project_slug", name=op.f("uq_projects_client_slug_project_slug")
        ),
        sa.UniqueConstraint("owner_id", name=op.f("uq_projects_owner_id")),
    )
    op.create_table(
        "renditions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("content_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("recipe", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), server_default="", nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer()),
        sa.Column("height", sa.Integer()),
        sa.Column("bitrate", sa.Integer()),
        sa.Column("size_bytes", Size),
        sa.Column("digest", sa.LargeBinary()),
        sa.Column("layout", Document),
        sa.Column("done_segments", sa.Integer(), server_default="0", nullable=False),
        sa.Column("all_segments", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error_code", sa.Text()),
        sa.Column("error_detail", sa.Text()),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["contents.id"], name=op.f("fk_renditions_content_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_renditions")),
        sa.UniqueConstraint(
            "content_id", "name", "recipe", name=op.f("uq_renditions_content_id_name_recipe")
        ),
    )
    op.create_table(
        "sessions",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_sessions_account_id")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_account_id"), "sessions", ["account_id"], unique=False)
    op.create_table(
        "tokens",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", Document, nullable=False),
        sa.Column("project_ids", Document, nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("last_used_at", Moment()),
        sa.Column("revoked_at", Moment()),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_tokens_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_tokens_digest")),
    )
    op.create_index(op.f("ix_tokens_account_id"), "tokens", ["account_id"], unique=False)
    op.create_table(
        "assets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("content_id", sa.Text(), nullable=False),
        sa.Column("upload_id", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("scan", sa.Text(), nullable=False),
        sa.Column("size_bytes", Size, nullable=False),
        sa.Column("duration", sa.Float()),
        sa.Column("width", sa.Integer()),
        sa.Column("height", sa.Integer()),
        sa.Column("tags", Document, nullable=False),
        sa.Column("metadata", Document, nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("error_code", sa.Text()),
        sa.Column("error_detail", sa.Text()),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["content_id"], ["contents.id"], name=op.f("fk_assets_content_id")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_assets_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assets")),
        sa.UniqueConstraint("upload_id", name=op.f("uq_assets_upload_id")),
    )
    op.create_index(op.f("ix_assets_content_id"), "assets", ["content_id"], unique=False)
    op.create_index(op.f("ix_assets_created_at_id"), "assets", ["created_at", "id"], unique=False)
    op.create_index(
        op.f("ix_assets_kind_created_at_id"), "assets", ["kind", "created_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_assets_project_id_created_at_id"),
        "assets",
        ["project_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_assets_state_created_at_id"), "assets", ["state", "created_at", "id"], unique=False
    )
    op.create_table(
        "links",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("token_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("notes", sa.Text(), server_default="", nullable=False),
        sa.Column("expires_at", Moment()),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("password_hash", sa.Text()),
        sa.Column("max_files", Size),
        sa.Column("max_file_bytes", Size),
        sa.Column("max_total_bytes", Size),
        sa.Column("types", Document, nullable=False),
        sa.Column("fields", Document, nullable=False),
        sa.Column("client_email", sa.Text()),
        sa.Column("notify", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("keep_parts_days", sa.Integer(), server_default="7", nullable=False),
        sa.Column("preview", sa.Text(), server_default="off", nullable=False),
        sa.Column("used_bytes", Size, server_default="0", nullable=False),
        sa.Column("used_files", Size, server_default="0", nullable=False),
        sa.Column("upload_count", Size, server_default="0", nullable=False),
        sa.Column("last_used_at", Moment()),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_links_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_links_token_digest")),
    )
    op.create_index(op.f("ix_links_created_at_id"), "links", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_links_project_id"), "links", ["project_id"], unique=False)
    op.create_table(
        "project_members",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_project_members_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_project_members_project_id")
        ),
        sa.PrimaryKeyConstraint("project_id", "account_id", name=op.f("pk_project_members")),
    )
    op.create_index(
        op.f("ix_project_members_account_id"), "project_members", ["account_id"], unique=False
    )
    op.create_table(
        "uploads",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text()),
        sa.Column("link_id", sa.Text()),
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), server_default="", nullable=False),
        sa.Column("metadata", sa.Text(), server_default="", nullable=False),
        sa.Column("size_bytes", Size),
        sa.Column("offset", Size, server_default="0", nullable=False),
        sa.Column("reserved_bytes", Size, server_default="0", nullable=False),
        sa.Column("fence", Size, server_default="0", nullable=False),
        sa.Column("root", sa.LargeBinary()),
        sa.Column("digest", sa.LargeBinary()),
        sa.Column("reason", sa.Text()),
        sa.Column("is_spooled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("completed_at", Moment()),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_uploads_project_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
        sa.UniqueConstraint("asset_id", name=op.f("uq_uploads_asset_id")),
    )
    op.create_index(op.f("ix_uploads_account_id"), "uploads", ["account_id"], unique=False)
    op.create_index(op.f("ix_uploads_created_at_id"), "uploads", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_uploads_link_id"), "uploads", ["link_id"], unique=False)
    op.create_index(op.f("ix_uploads_project_id"), "uploads", ["project_id"], unique=False)
    op.create_index(
        op.f("ix_uploads_state_expires_at"), "uploads", ["state", "expires_at"], unique=False
    )
    op.create_table(
        "upload_parts",
        sa.Column("upload_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("start", Size, nullable=False),
        sa.Column("length", Size, nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["uploads.id"], name=op.f("fk_upload_parts_upload_id")
        ),
        sa.PrimaryKeyConstraint("upload_id", "position", name=op.f("pk_upload_parts")),
    )
