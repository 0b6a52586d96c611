"""Tables of what is handed out: shares, what they list, who took what, and logos.

They belong to the one schema of `tables`, and follow its rules. A share names assets without a
foreign key: an asset that is deleted is not in it any more, and needs nobody's leave to go.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, Table, Text, true

from rushes.db.columns import Document, Moment, Size, of
from rushes.db.tables import metadata

shares = Table(
    "shares",
    metadata,
    Column("id", Text, primary_key=True),
    of("projects", "project_id", index=True),
    Column("created_by", Text, nullable=False),
    Column("token_digest", LargeBinary, nullable=False, unique=True),
    Column("token_sealed", LargeBinary, nullable=False),  # so that the address can be copied again
    Column("is_whole_project", Boolean, nullable=False),
    Column("title", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("expires_at", Moment),
    Column("is_active", Boolean, nullable=False, server_default=true()),
    Column("password_hash", Text),
    Column("may_play", Boolean, nullable=False),
    Column("download", Text, nullable=False),
    Column("may_get_original", Boolean, nullable=False),
    Column("max_views", Size),
    Column("origins", Document, nullable=False),
    Column("color", Text),
    Column("logo_id", Text),
    Column("view_count", Size, nullable=False, server_default="0"),
    Column("download_count", Size, nullable=False, server_default="0"),
    Column("last_viewed_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("epoch", Integer, nullable=False, server_default="0"),  # signed addresses bear it
    Column("revision", Integer, nullable=False, server_default="1"),
    Index(None, "created_at", "id"),
)

share_assets = Table(
    "share_assets",
    metadata,
    of("shares", "share_id", primary_key=True),
    Column("asset_id", Text, primary_key=True),
)

share_downloads = Table(
    "share_downloads",
    metadata,
    of("shares", "share_id", primary_key=True),
    Column("visitor", Text, primary_key=True),
    Column("asset_id", Text, primary_key=True),
    Column("quality", Text, primary_key=True),
    Column("created_at", Moment, nullable=False),
)

logos = Table(
    "logos",
    metadata,
    Column("id", Text, primary_key=True),  # of its bytes: the same picture is kept once
    Column("media_type", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
)

BESIDE = (shares, share_assets, share_downloads, logos)
