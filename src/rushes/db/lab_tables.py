"""Tables of the lab: segments that somebody waits for.

They belong to the one schema of `tables`, and follow its rules.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, Table, Text

from rushes.db.columns import Moment
from rushes.db.tables import metadata

segment_wishes = Table(  # segments that somebody waits for, or soon will; gone when they are made
    "segment_wishes",
    metadata,
    Column("content_id", Text, primary_key=True),  # may be gone: then it is forgotten soon
    Column("name", Text, primary_key=True),  # 360p ..., sound
    Column("position", Integer, primary_key=True),
    Column("urgency", Integer, nullable=False),  # 0 somebody waits, 1 somebody will
    Column("is_light", Boolean, nullable=False),  # copied from the original
    Column("asked_at", Moment, nullable=False),
    Column("renewed_at", Moment, nullable=False),  # when somebody last said that they wait
    Column("fence", Integer, nullable=False),  # counts those who took it
    Column("held_until", Moment),
    Column("error_code", Text),
    Column("error_detail", Text),
    Index(None, "urgency", "asked_at"),
)

luts = Table(  # tables of colours that people sent
    "luts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("version", Text, nullable=False),  # the first letters of the file's SHA-256
    Column("steps", Integer, nullable=False),  # of one side, as it was sent
    Column("side", Integer, nullable=False),  # of the Hald image
    Column("content", LargeBinary, nullable=False),  # the Hald image
    Column("created_by", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
)
