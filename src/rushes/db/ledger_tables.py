"""Tables of the ledger: what each tier held, day by day, and what went in and out.

They belong to the one schema of `tables`, and follow its rules.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, Integer, Table, Text, text

from rushes.db.columns import Moment, Size
from rushes.db.tables import metadata

ZERO = text("0")

tier_days = Table(  # one day (UTC) of a tier, by project and by originals or what is made of them
    "tier_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("tier", Text, primary_key=True),
    Column("project_id", Text, primary_key=True),  # empty: of none
    Column("is_original", Boolean, primary_key=True),
    Column("held_objects", Integer, nullable=False, server_default=ZERO),  # when last looked at
    Column("held_bytes", Size, nullable=False, server_default=ZERO),
    Column("byte_hours", Size, nullable=False, server_default=ZERO),  # seconds pass 64 bits
    Column("came", Integer, nullable=False, server_default=ZERO),
    Column("came_bytes", Size, nullable=False, server_default=ZERO),
    Column("gone", Integer, nullable=False, server_default=ZERO),
    Column("gone_bytes", Size, nullable=False, server_default=ZERO),
    Column("writes", Size, nullable=False, server_default=ZERO),  # requests that brought it
    Column("fetched", Integer, nullable=False, server_default=ZERO),  # of what came: from archive
    Column("fetched_bytes", Size, nullable=False, server_default=ZERO),
    Column("reads", Size, nullable=False, server_default=ZERO),
    Column("read_bytes", Size, nullable=False, server_default=ZERO),
)

ledger_marks = Table(  # how far batches have come
    "ledger_marks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("reached_at", Moment, nullable=False),
)

LEDGER = (tier_days, ledger_marks)
