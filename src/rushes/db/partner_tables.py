"""Tables of partners: assets that are elsewhere, projects that go there, calls that came.

They belong to the one schema of `tables`, and follow its rules. An asset is named without a
foreign key: its copy at a partner outlives it until the partner has deleted it.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from rushes.db.columns import Document, Moment, Size, of
from rushes.db.tables import metadata

partner_copies = Table(
    "partner_copies",
    metadata,
    Column("id", Text, primary_key=True),
    Column("asset_id", Text, nullable=False),
    Column("content_id", Text, nullable=False),
    Column("project_id", Text, nullable=False, index=True),
    Column("partner", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("size_bytes", Size, nullable=False),
    Column("remote_id", Text),
    Column("session", LargeBinary),  # sealed: where its bytes go
    Column("sent_bytes", Size, nullable=False),
    Column("sent_at", Moment),
    Column("facts", Document, nullable=False),
    Column("misses", Integer, nullable=False),
    Column("looks", Integer, nullable=False),
    Column("due_at", Moment, index=True),  # of one that is worked at: when it is taken for lost
    Column("claim", Text),
    Column("error_code", Text),
    Column("error_detail", Text),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    UniqueConstraint("asset_id", "partner"),
    Index(None, "partner", "remote_id"),
)

partner_projects = Table(  # what is ready in these goes to the partner by itself
    "partner_projects",
    metadata,
    of("projects", "project_id", primary_key=True),
    Column("partner", Text, primary_key=True),
    Column("asked_by", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
)

partner_calls = Table(
    "partner_calls",
    metadata,
    Column("partner", Text, primary_key=True),
    Column("call_id", Text, primary_key=True),
    Column("received_at", Moment, nullable=False, index=True),
)

BESIDE = (partner_copies, partner_projects, partner_calls)
