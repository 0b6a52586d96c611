"""Tables of those who are told: webhooks, and each event on its way to one.

They belong to the one schema of `tables`, and follow its rules.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from rushes.db.columns import Document, Moment, of
from rushes.db.tables import metadata

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("events", Document, nullable=False),
    Column("description", Text, nullable=False),
    Column("project_ids", Document, nullable=False),  # null: of every project
    Column("created_by", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("secret_sealed", LargeBinary, nullable=False),
    Column("old_secret_sealed", LargeBinary),
    Column("old_until", Moment),
    Column("paused_at", Moment),
    Column("paused_because", Text),  # null: a person paused it
    Column("revision", Integer, nullable=False, server_default="1"),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", Text, primary_key=True),
    of("webhooks", "endpoint_id"),
    of("events", "event_id"),
    Column("created_at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Moment),  # of one that is on its way: when it is taken for lost
    Column("status", Integer),
    Column("error", Text),
    Column("words", Text, nullable=False, server_default=""),  # how the answer begins
    Column("took_ms", Integer),
    Column("tried_at", Moment),
    UniqueConstraint("endpoint_id", "event_id"),
    Index(None, "endpoint_id", "state", "due_at"),
    Index(None, "endpoint_id", "created_at", "id"),
    Index(None, "created_at"),
)

BESIDE = (webhooks, webhook_deliveries)
