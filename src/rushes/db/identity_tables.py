"""The table of people as a provider of identities names them.

It belongs to the one schema of `tables`, and follows its rules.
"""

from __future__ import annotations

from sqlalchemy import Column, Table, Text, UniqueConstraint

from rushes.db.columns import Moment, of
from rushes.db.tables import metadata

identities = Table(
    "identities",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    of("accounts", "account_id", index=True),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint(
        "issuer", "account_id"
    ),  # an address that is given to somebody else is not theirs
)
