"""The chain over events, and from where they came.

They belong to the one schema of `tables`, and follow its rules.
"""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary, Table, Text

from rushes.db.columns import Moment, Size, of
from rushes.db.tables import metadata

event_chain = Table(  # append-only, by triggers
    "event_chain",
    metadata,
    Column("number", Size, primary_key=True, autoincrement=False),
    Column("event_id", Text, nullable=False, unique=True),
    Column("origin_digest", LargeBinary),
    Column("hash", LargeBinary, nullable=False),
)

event_origins = Table(  # forgotten after a while, as the only part of the audit
    "event_origins",
    metadata,
    of("events", "event_id", primary_key=True),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False, index=True),
)

BESIDE = (event_chain, event_origins)
