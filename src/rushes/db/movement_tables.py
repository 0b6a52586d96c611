"""Tables of movements: what is half-way to a store, the blocks of what is made, and checks.

They belong to the one schema of `tables`, and follow its rules.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, Table, Text

from rushes.db.columns import Document, Moment, Size
from rushes.db.tables import metadata

movements = Table(  # a multipart upload that carries an object to a tier, and outlives its copier
    "movements",
    metadata,
    Column("placement_id", Text, primary_key=True),  # may be gone: then the parts go as well
    Column("tier", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("store_upload_id", Text, nullable=False),
    Column("part_bytes", Size, nullable=False),
    Column("digest", LargeBinary),  # of the whole: parts of other bytes are of no use
    Column("begun_at", Moment, nullable=False),
)

object_blocks = Table(  # SHA-256 of each block of a rendition of more than one, one after another
    "object_blocks",
    metadata,
    Column("object_id", Text, primary_key=True),  # may be gone
    Column("content_id", Text, nullable=False, index=True),
    Column("digests", LargeBinary, nullable=False),
)

tier_checks = Table(  # each time that rows and stores were compared
    "tier_checks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("state", Text, nullable=False),  # asked, running, done, failed
    Column("is_full", Boolean, nullable=False),
    Column("repairs", Boolean, nullable=False),
    Column("actor", Text, nullable=False),
    Column("report", Document, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Index(None, "created_at"),
)

scrub_cursors = Table(  # how far the reading of a tier's blocks has come
    "scrub_cursors",
    metadata,
    Column("tier", Text, primary_key=True),
    Column("after_key", Text, nullable=False),
    Column("block", Integer, nullable=False),  # the next one of the object after that key
)

MOVED = (movements, object_blocks, tier_checks, scrub_cursors)
"""The tables of this file."""
