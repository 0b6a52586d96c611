"""Tables of finding things: what search knows of assets, fields, notes, and searches that are kept.

They belong to the one schema of `tables`, and follow its rules. On SQLite the terms of an asset are
words in one text, and the virtual table `asset_words` (FTS5) follows `asset_terms` by triggers; on
PostgreSQL they are a `tsvector` with a GIN index. Both stand in the migration alone, as does what
is `BEYOND`.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text, UniqueConstraint, false
from sqlalchemy.dialects.postgresql import TSVECTOR

from rushes.db.columns import Document, Moment, Size, of
from rushes.db.tables import metadata

Terms = Text().with_variant(TSVECTOR(), "postgresql")
"""What an asset is found by."""

BEYOND: Final = frozenset(
    {"ix_asset_terms_terms", "ix_assets_duration_id", "ix_assets_file_name_id"}
)
"""Indexes that no `Index` says: of terms, a duration that may be missing, how a name begins."""

WORDS: Final = "asset_words"
"""The virtual table of SQLite, with the tables of its own that begin with this name."""

asset_terms = Table(
    "asset_terms",
    metadata,
    Column("place", Size, primary_key=True, autoincrement=False),  # that of the asset
    Column("terms", Terms, nullable=False),
)

asset_notes = Table(
    "asset_notes",
    metadata,
    Column("id", Text, primary_key=True),
    of("assets", "asset_id"),
    Column("author_id", Text, nullable=False),
    Column("author", Text, nullable=False),  # as they were called when they wrote it
    Column("text", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    Index(None, "asset_id", "created_at", "id"),
)

fields = Table(
    "fields",
    metadata,
    Column("id", Text, primary_key=True),
    Column("scope", Text, nullable=False, server_default=""),  # a project's id; empty: every one
    Column("key", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("choices", Document, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    UniqueConstraint("scope", "key"),
)

saved_searches = Table(
    "saved_searches",
    metadata,
    Column("id", Text, primary_key=True),
    of("accounts", "account_id", index=True),
    Column("name", Text, nullable=False),
    Column("question", Document, nullable=False),
    Column("is_shared", Boolean, nullable=False, server_default=false()),
    Column("created_at", Moment, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    Index(None, "created_at", "id"),
)

BESIDE: Final = (asset_terms, asset_notes, fields, saved_searches)
