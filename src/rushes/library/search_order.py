"""The orders of assets, and pages in them: each begins behind the last asset of the one before."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    func,
    literal,
    literal_column,
    tuple_,
)

from rushes.db.tables import assets
from rushes.library.question import Sort

Value: TypeAlias = str | float | datetime
Place: TypeAlias = tuple[Value, str] | None
"""The value that is sorted by, and the id, of the last asset of the page before."""


def page_by_place(
    query: Select[Any], ordered: ColumnElement[Any], sort: Sort, after: Place
) -> Select[Any]:
    """Go through time, and begin behind the page before."""
    if after is not None:
        query = query.where(ordered < after[0] if sort.is_down else ordered > after[0])
    return query.order_by(ordered.desc() if sort.is_down else ordered)


def page_by(query: Select[Any], sort: Sort, after: Place) -> Select[Any]:
    """Bring assets into their order, and begin behind the page before."""
    ordered, by_id = ordered_by(sort), assets.c.id
    query = query.add_columns(ordered.label("sorted_by"))
    if after is not None:
        query = query.where(beyond(sort, *after))
    if sort.is_down:
        return query.order_by(ordered.desc(), by_id.desc())
    return query.order_by(ordered, by_id)


def ordered_by(sort: Sort) -> ColumnElement[Any]:
    """Return what is sorted by; an index holds each of them, with the id behind it."""
    if sort.column == "duration":  # what has none is shorter than all others
        return func.coalesce(assets.c.duration, literal_column("-1.0"))
    if sort.column == "file_name":  # its beginning: names of any length may come
        bounds: tuple[Any, Any] = (literal_column("1"), literal_column("500"))
        return func.substr(assets.c.file_name, *bounds, type_=Text())
    return assets.c[sort.column]


def beyond(
    sort: Sort, value: Value, asset_id: str, *, is_before: bool = False
) -> ColumnElement[bool]:
    """Ask for what comes behind an asset, or before it: as one value, which an index goes to."""
    ordered = ordered_by(sort)
    here = tuple_(ordered, assets.c.id)
    there = tuple_(literal(value, ordered.type), literal(asset_id))
    # The value alone says it once more: SQLite goes to no place in an index of what is computed.
    if sort.is_down != is_before:
        return and_(here < there, ordered <= literal(value, ordered.type))
    return and_(here > there, ordered >= literal(value, ordered.type))
