"""The table of what is to be on the edge by a certain time, because somebody said so.

It belongs to the one schema of `tables`, and follows its rules.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text

from rushes.db.columns import Moment
from rushes.db.tables import metadata

warm_orders = Table(
    "warm_orders",
    metadata,
    Column("object_id", Text, primary_key=True),  # a rendition; may be gone
    Column("wanted_at", Moment, nullable=False),
    Column("ordered_by", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index(None, "wanted_at"),
)
