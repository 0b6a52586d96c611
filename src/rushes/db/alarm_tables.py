"""Tables of alarms: what is wrong with tiers, and what was.

They belong to the one schema of `tables`, and follow its rules.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from rushes.db.columns import Moment
from rushes.db.tables import metadata

tier_alarms = Table(
    "tier_alarms",
    metadata,
    Column("name", Text, primary_key=True),  # the trouble and the tier
    Column("raised_at", Moment, primary_key=True),
    Column("tier", Text, nullable=False),
    Column("trouble", Text, nullable=False),
    Column("level", Integer, nullable=False),
    Column("words", Text, nullable=False),
    Column("told_at", Moment, nullable=False),
    Column("cleared_at", Moment),
    Index(None, "cleared_at"),
)
