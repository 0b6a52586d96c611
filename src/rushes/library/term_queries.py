"""What the index of terms is asked, in the words of each database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    cast,
    column,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from rushes.db.catalog_tables import asset_terms

Group: TypeAlias = tuple[str, ...]
"""Terms of which one has to be there; those that are no facets may go on."""

WORDS: Final = table("asset_words", column("rowid"), column("asset_words"))


def places_of(groups: Sequence[Group], *, is_sqlite: bool) -> Select[Any]:
    """Return the places of all that the index finds."""
    if is_sqlite:
        found = literal_column("asset_words.asset_words").op("MATCH")(ask_fts5(groups))
        return select(WORDS.c.rowid).where(found)
    return select(asset_terms.c.place).where(ask_tsquery(groups))


def ask_fts5(groups: Sequence[Group]) -> str:
    """Return what FTS5 is asked."""
    return " AND ".join(
        "(" + " OR ".join(_quoted(each, '"', "*") for each in group) + ")" for group in groups
    )


def ask_terms(groups: Sequence[Group]) -> ColumnElement[bool]:
    """Ask the terms of one asset, as SQLite keeps them: with spaces between them."""
    held = literal(" ").concat(asset_terms.c.terms)
    return and_(*(or_(*(func.instr(held, f" {each}") > 0 for each in group)) for group in groups))


def ask_tsquery(groups: Sequence[Group]) -> ColumnElement[bool]:
    """Ask the index of PostgreSQL."""
    asked = " & ".join(
        "(" + " | ".join(_quoted(each, "'", ":*") for each in group) + ")" for group in groups
    )
    found: ColumnElement[bool] = asset_terms.c.terms.op("@@")(cast(literal(asked), TSQUERY))
    return found


def _quoted(term: str, quote: str, goes_on: str) -> str:
    """Return a term for a query; no term holds a quote."""
    return f"{quote}{term}{quote}" + ("" if term.startswith(":") else goes_on)
