"""Every table: one schema for SQLite and PostgreSQL.

1. Sizes are bytes in 64 bits; times are aware UTC; digests are raw bytes.
2. Every listing has its index. States are words; the transition tables stand in the nouns.
3. A change here comes with a migration; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    true,
)

from rushes.db.columns import Document, Moment, Size, of

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


accounts = Table(
    "accounts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("email", Text, nullable=False, unique=True),  # lower case
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("is_active", Boolean, nullable=False, server_default=true()),
    Column("created_at", Moment, nullable=False),
    Column("password_changed_at", Moment, nullable=False),
    Column("time_zone", Text, nullable=False, server_default="UTC"),  # whose midnight ends a day
    Column("used_bytes", Size, nullable=False, server_default="0"),  # reserved and received
    Column("max_total_bytes", Size),  # null: what the settings say
    Column("max_uploads_per_day", Integer),  # null: what the settings say
    Column("has_factor", Boolean, nullable=False, server_default=false()),  # a second one
    Column("epoch", Integer, nullable=False, server_default="0"),  # signed addresses bear it
    Column("revision", Integer, nullable=False, server_default="1"),
)

account_days = Table(  # how many uploads an account began on a day of its own zone
    "account_days",
    metadata,
    of("accounts", "account_id", primary_key=True),
    Column("day", Text, primary_key=True),  # 2026-01-31
    Column("uploads", Integer, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", LargeBinary, primary_key=True),  # SHA-256 of the cookie
    of("accounts", "account_id", index=True),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("by_provider", Boolean, nullable=False, server_default=false()),  # of identities
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Text, primary_key=True),
    of("accounts", "account_id", index=True),
    Column("name", Text, nullable=False),
    Column("shown", Text, nullable=False),  # the first characters, for lists
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("scopes", Document, nullable=False),
    Column("project_ids", Document, nullable=False),  # null: all that the account has
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("last_used_at", Moment),
    Column("revoked_at", Moment),
    Column("revision", Integer, nullable=False, server_default="1"),
)

projects = Table(
    "projects",
    metadata,
    Column("id", Text, primary_key=True),
    Column("client_slug", Text, nullable=False),
    Column("project_slug", Text, nullable=False),
    Column("client_name", Text, nullable=False),
    Column("project_name", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("color", Text),  # of films whose file says nothing of it
    Column("used_bytes", Size, nullable=False, server_default="0"),
    Column("used_files", Size, nullable=False, server_default="0"),
    Column("max_total_bytes", Size),
    of("accounts", "owner_id", nullable=True, unique=True),  # whose inbox this is
    Column("deleted_at", Moment),  # out of sight; its row stays, as uploads name it
    Column("revision", Integer, nullable=False, server_default="1"),
    UniqueConstraint("client_slug", "project_slug"),
)

project_members = Table(
    "project_members",
    metadata,
    of("projects", "project_id", primary_key=True),
    of("accounts", "account_id", primary_key=True, index=True),
    Column("role", Text, nullable=False),
)

links = Table(
    "links",
    metadata,
    Column("id", Text, primary_key=True),
    of("projects", "project_id", index=True),
    Column("created_by", Text, nullable=False),
    Column("token_digest", LargeBinary, nullable=False, unique=True),
    Column("token_sealed", LargeBinary, nullable=False),  # so that the address can be copied again
    Column("title", Text, nullable=False, server_default=""),
    Column("message", Text, nullable=False, server_default=""),
    Column("notes", Text, nullable=False, server_default=""),
    Column("expires_at", Moment),
    Column("is_active", Boolean, nullable=False, server_default=true()),
    Column("password_hash", Text),
    Column("max_files", Size),
    Column("max_file_bytes", Size),
    Column("max_total_bytes", Size),
    Column("types", Document, nullable=False),
    Column("fields", Document, nullable=False),
    Column("client_email", Text),
    Column("notify", Boolean, nullable=False, server_default=true()),
    Column("keep_parts_days", Integer, nullable=False, server_default="7"),
    Column("preview", Text, nullable=False, server_default="off"),
    Column("color", Text),
    Column("logo_id", Text),
    Column("used_bytes", Size, nullable=False, server_default="0"),  # reserved and received
    Column("used_files", Size, nullable=False, server_default="0"),
    Column("upload_count", Size, nullable=False, server_default="0"),  # received in full
    Column("last_used_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    Index(None, "created_at", "id"),
)


uploads = Table(
    "uploads",
    metadata,
    Column("id", Text, primary_key=True),
    Column("protocol", Text, nullable=False),
    Column("state", Text, nullable=False),
    of("projects", "project_id", index=True),
    Column("account_id", Text, index=True),
    Column("link_id", Text, index=True),
    Column("asset_id", Text, nullable=False, unique=True),  # minted with the upload
    Column("file_name", Text, nullable=False),
    Column("media_type", Text, nullable=False, server_default=""),
    Column("metadata", Text, nullable=False, server_default=""),  # as it was sent, byte for byte
    Column("size_bytes", Size),  # unknown while deferred
    Column("offset", Size, nullable=False, server_default="0"),
    Column("reserved_bytes", Size, nullable=False, server_default="0"),
    Column("fence", Size, nullable=False, server_default="0"),
    Column("holder", Text),  # the process that takes bytes in, while its lease lasts
    Column("lease_until", Moment),
    Column("wanted_by", Text),  # the process that asks the holder to let go
    Column("concat", Text),  # tus concatenation: partial or final
    Column("chunk_bytes", Size),  # of an upload in chunks: the length of each but the last
    Column("is_slot", Boolean, nullable=False, server_default=false()),  # not bound to a file yet
    Column("told_digest", Text),  # algorithm:hex of the whole, as its sender says
    Column("wanted_digest", Text),  # algorithm of a digest that its sender wants to know
    Column("mbit", Float),  # the line of its sender, as it was measured
    Column("root", LargeBinary),
    Column("digest", LargeBinary),  # SHA-256 of the whole, when it is known
    Column("reason", Text),
    Column(
        "is_spooled", Boolean, nullable=False, server_default=true()
    ),  # its bytes lie in the spool
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("completed_at", Moment),
    Index(None, "state", "expires_at"),
    Index(None, "created_at", "id"),
)

upload_parts = Table(  # the extents that hold an upload's bytes, in order
    "upload_parts",
    metadata,
    of("uploads", "upload_id", primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("file", Text, nullable=False),  # relative to the spool
    Column("start", Size, nullable=False),
    Column("length", Size, nullable=False),
)

block_hashes = Table(
    "block_hashes",
    metadata,
    Column("upload_id", Text, primary_key=True),  # stays when the upload's row goes
    Column("position", Integer, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
)


contents = Table(  # the bytes of an original, once per owner scope
    "contents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("scope", Text, nullable=False),  # the client's slug
    Column("root", LargeBinary, nullable=False),
    Column("digest", LargeBinary),
    Column("size_bytes", Size, nullable=False),
    Column("format", Text, nullable=False),  # what sniffing found
    Column("media_type", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("facts", Document),  # what probing found
    Column("opened_at", Moment),  # since when it can be watched, made or not
    Column("color", Text),  # what people chose for its colours; none: as the file says
    Column("error_code", Text),  # why nothing can be shown of it
    Column("error_detail", Text),
    Column("upload_id", Text, nullable=False),  # whose block hashes and spool file are its own
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("scope", "root"),
)

assets = Table(
    "assets",
    metadata,
    Column("id", Text, primary_key=True),
    of("projects", "project_id"),
    of("contents", "content_id", index=True),
    Column("upload_id", Text, nullable=False, unique=True),
    Column("created_by", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("title", Text, nullable=False, server_default=""),
    Column("description", Text, nullable=False, server_default=""),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("scan", Text, nullable=False),
    Column("size_bytes", Size, nullable=False),
    Column("duration", Float),  # seconds
    Column("width", Integer),
    Column("height", Integer),
    Column("tags", Document, nullable=False),
    Column("metadata", Document, nullable=False),
    Column("place", Size),  # in time, microseconds: no two are equal
    Column("error_code", Text),
    Column("error_detail", Text),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    Index(None, "created_at", "id"),
    Index(None, "place", unique=True),
    Index(None, "project_id", "created_at", "id"),
    Index(None, "kind", "created_at", "id"),
    Index(None, "state", "created_at", "id"),
    Index(None, "size_bytes", "id"),
)


renditions = Table(
    "renditions",
    metadata,
    Column("id", Text, primary_key=True),
    of("contents", "content_id"),
    Column("name", Text, nullable=False),  # 720p, poster, preview-640, audio ...
    Column("kind", Text, nullable=False),
    Column("recipe", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("media_type", Text, nullable=False, server_default=""),
    Column("file_name", Text, nullable=False),  # the last part of its key: 720p.mp4
    Column("width", Integer),
    Column("height", Integer),
    Column("bitrate", Integer),
    Column("size_bytes", Size),
    Column("digest", LargeBinary),
    Column("layout", Document),  # where its segments lie in the file
    Column("done_segments", Integer, nullable=False, server_default="0"),
    Column("all_segments", Integer, nullable=False, server_default="0"),
    Column("error_code", Text),
    Column("error_detail", Text),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    UniqueConstraint("content_id", "name", "recipe"),
)

placements = Table(
    "placements",
    metadata,
    Column("id", Text, primary_key=True),
    Column("object_id", Text, nullable=False),  # a content (its original) or a rendition
    Column("content_id", Text, nullable=False, index=True),
    Column("tier", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("key", Text, nullable=False),  # written once, never derived again
    Column("size_bytes", Size, nullable=False),
    Column("digest", LargeBinary),
    Column("version", Text),
    Column("generation", Integer, nullable=False, server_default="1"),
    Column("fence", Size, nullable=False, server_default="0"),
    Column("lease_until", Moment),
    Column("is_shared", Boolean, nullable=False, server_default=false()),  # a hard link of another
    Column("verified_at", Moment),
    Column("last_access_at", Moment),
    Column("pinned_until", Moment),
    Column("error", Text),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("next_try_at", Moment),
    Column("wished_at", Moment),  # somebody reads it elsewhere, and waits for it here
    Column("arrived_at", Moment),
    Column("leaving_at", Moment),  # since when it is taken out of every route
    Column("leaving_for", Text),
    Column("missed_at", Moment),  # when it was first not found where it should be
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("object_id", "tier"),
    UniqueConstraint("tier", "key"),
    Index(None, "tier", "state", "size_bytes"),  # sums read nothing else
)

events = Table(
    "events",
    metadata,
    Column("seq", Size, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("type", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("subject", Text, nullable=False, index=True),
    Column("project_id", Text),
    Column("asset_id", Text),
    Column("data", Document, nullable=False),
    Index(None, "asset_id", "seq"),
    Index(None, "project_id", "seq"),
)

outbox = Table(  # events not yet relayed; written beside the event, deleted by the relay
    "outbox",
    metadata,
    Column("seq", Size, primary_key=True, autoincrement=True),
    Column("event_id", Text, nullable=False, unique=True),
)

jobs = Table(  # our side of a workflow: what people see, and whether it is wanted still
    "jobs",
    metadata,
    Column("id", Text, primary_key=True),  # the workflow's id
    Column("workflow", Text, nullable=False),
    Column("subject", Text, nullable=False, index=True),
    Column("project_id", Text),  # who may see it; None: those who see every project
    Column("state", Text, nullable=False),
    Column("stage", Text, nullable=False, server_default=""),
    Column("progress", Float, nullable=False, server_default="0"),  # 0 to 1
    Column("is_cancel_requested", Boolean, nullable=False, server_default=false()),
    Column("error_code", Text),
    Column("error_detail", Text),
    Column("last_words", Text),
    Column("trouble", Document),  # of the tool that failed: how it ended, which it was, its box
    Column("worker", Text),
    Column("box", Text),  # how much the worker's tools are shut in
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Index(None, "state", "created_at", "id"),
    Index(None, "created_at", "id"),
    Index(None, "updated_at"),  # what moved just now
)

executors = Table(  # workers, by their beat
    "executors",
    metadata,
    Column("id", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("version", Text, nullable=False),
    Column("box", Text),  # how much its tools are shut in
    Column("started_at", Float, nullable=False),  # the database's clock, epoch seconds
    Column("seen", Float, nullable=False),
)

recoveries = Table(  # how many workers a workflow has lost
    "recoveries",
    metadata,
    Column("workflow_id", Text, primary_key=True),
    Column("lost", Integer, nullable=False),
)
