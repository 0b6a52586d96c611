"""The table of downloads of many: what each holds, in which order, and what was learned of it.

It belongs to the one schema of `tables`, and follows its rules.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text

from rushes.db.columns import Document, Moment
from rushes.db.tables import metadata

bundles = Table(
    "bundles",
    metadata,
    Column("id", Text, primary_key=True),
    Column("created_by", Text, nullable=False),
    Column("entries", Document, nullable=False),  # asset, object, name, bytes, of each file
    Column("crcs", Document, nullable=False),  # CRC-32 by the place of its entry, once known
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index(None, "expires_at"),
)
