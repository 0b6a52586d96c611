"""What a virus scan said of each upload.

It belongs to the one schema of `tables`, and follows its rules.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from rushes.db.columns import Document, Moment
from rushes.db.tables import metadata

scans = Table(
    "scans",
    metadata,
    Column("upload_id", Text, primary_key=True),  # stays when the upload's row goes
    Column("state", Text, nullable=False),
    Column("why", Text),
    Column("found", Document, nullable=False),  # names that the scanner gave
    Column("scanner", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("remove_at", Moment),  # of what was infected, until its bytes are gone
    Column("removed_at", Moment),
    Index(None, "remove_at"),
)
