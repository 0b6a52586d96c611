"""The table of answers that are kept for callers who ask the same again.

It belongs to the one schema of `tables`, and follows its rules.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text

from rushes.db.columns import Moment
from rushes.db.tables import metadata

kept_answers = Table(
    "kept_answers",
    metadata,
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True),  # as the caller chose it
    Column("digest", LargeBinary, nullable=False),  # of what was asked
    Column("created_at", Moment, nullable=False),
    Column("status", Integer),  # null: it is still at work
    Column("sealed", LargeBinary),  # headers and body: some hold a secret that is shown once
    Index(None, "created_at"),
)
