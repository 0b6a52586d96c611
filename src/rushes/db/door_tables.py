"""Tables of the door: the first admin, how often somebody tried, second factors.

They belong to the one schema of `tables`, and follow its rules.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Float, Integer, LargeBinary, Table, Text

from rushes.db.columns import Moment, Size, of
from rushes.db.tables import metadata

setup_claims = Table(  # one row at most: the first admin was made
    "setup_claims",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("claimed_at", Moment, nullable=False),
)

rates = Table(  # GCRA: the theoretical arrival time of one subject under one rule
    "rates",
    metadata,
    Column("key", Text, primary_key=True),
    Column("tat", Float, nullable=False),
)

factors = Table(
    "factors",
    metadata,
    of("accounts", "account_id", primary_key=True),
    Column("secret_sealed", LargeBinary, nullable=False),
    Column("last_step", Size, nullable=False),  # the newest step whose code was taken
    Column("created_at", Moment, nullable=False),
    Column("confirmed_at", Moment),  # null: a code of it was not seen yet
)

recovery_codes = Table(  # those that were not used yet
    "recovery_codes",
    metadata,
    of("accounts", "account_id", primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
)

BESIDE: Final = (setup_claims, rates, factors, recovery_codes)
"""The tables of this file."""
