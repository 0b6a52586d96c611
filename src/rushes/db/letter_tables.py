"""The table of letters: mail on its way to somebody.

It belongs to the one schema of `tables`, and follows its rules.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint

from rushes.db.columns import Document, Moment
from rushes.db.tables import metadata

letters = Table(
    "letters",
    metadata,
    Column("id", Text, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("cause", Text, nullable=False),  # an event, or a week: one letter to each person
    Column("facts", Document, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),  # of one on its way: when it is taken for lost
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text),
    Column("sent_at", Moment),
    UniqueConstraint("cause", "recipient"),
    Index(None, "state", "due_at"),
    Index(None, "created_at"),
)
