"""Tables of the vaults: what stores can do, what was read of where, and what retention did.

They belong to the one schema of `tables`, and follow its rules.
"""

from __future__ import annotations

from sqlalchemy import Column, Date, Index, Integer, Table, Text

from rushes.db.columns import Document, Moment, Size
from rushes.db.tables import metadata

store_probes = Table(  # what a store was found to do, asked with wrong values on purpose
    "store_probes",
    metadata,
    Column("store", Text, primary_key=True),
    Column("answers", Document, nullable=False),
    Column("probed_at", Moment, nullable=False),
)

read_counts = Table(  # what was read of an object, by the tier that gave it and the day (UTC)
    "read_counts",
    metadata,
    Column("object_id", Text, primary_key=True),  # may be gone
    Column("day", Date, primary_key=True),
    Column("tier", Text, primary_key=True),
    Column("reads", Integer, nullable=False),
    Column("plays", Integer, nullable=False),  # reads that began at the beginning
    Column("bytes", Size, nullable=False),  # asked for; a viewer may have taken less
    Index(None, "day"),
)

late_removals = Table(  # objects that nobody wants, kept until their store bills them no more
    "late_removals",
    metadata,
    Column("placement_id", Text, primary_key=True),
    Column("leave_at", Moment, nullable=False, index=True),
)

retention_runs = Table(  # each time that the rules were applied to a tier
    "retention_runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tier", Text, nullable=False),
    Column("state", Text, nullable=False),  # waiting (for a person), done, replaced
    Column("plan", Document, nullable=False),  # its counts, bytes, reasons
    Column("marked", Integer, nullable=False, server_default="0"),
    Column("actor", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("confirmed_by", Text),
    Index(None, "tier", "created_at"),
)

tier_migrations = Table(  # the archive on its way from one store to another
    "tier_migrations",
    metadata,
    Column("tier", Text, primary_key=True),
    Column("former", Text, nullable=False),  # names in the settings
    Column("store", Text, nullable=False),
    Column("state", Text, nullable=False),  # moving, paused, moved, finished
    Column("created_at", Moment, nullable=False),
    Column("moved_at", Moment),
)

migration_troubles = Table(  # what could not move as it should, told until it did
    "migration_troubles",
    metadata,
    Column("object_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # conflict: the key was another's; failed
    Column("key", Text, nullable=False),
    Column("said", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("next_try_at", Moment),
)

VAULTED = (
    *(store_probes, read_counts, retention_runs),
    *(late_removals, tier_migrations, migration_troubles),
)
"""The tables of this file."""
