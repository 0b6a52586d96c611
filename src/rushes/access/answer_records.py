"""The queries on answers that are kept for callers who ask the same again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.answer_tables import kept_answers
from rushes.db.statements import find_first, insert_new


@dataclass(frozen=True, slots=True)
class Place:
    """Whose answer it is: a caller, and the key that the caller chose."""

    caller: str
    key: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of an earlier request; without a status it is still at work."""

    digest: bytes
    created_at: datetime
    status: int | None
    sealed: bytes | None


async def begin_answer(
    connection: AsyncConnection, place: Place, digest: bytes, now: datetime
) -> bool:
    """Take a place; False if it is taken."""
    values = {"caller": place.caller, "key": place.key, "digest": digest, "created_at": now}
    return await insert_new(connection, kept_answers, values)


async def find_answer(connection: AsyncConnection, place: Place) -> Kept | None:
    """Return what stands at a place."""
    row = await find_first(connection, select(kept_answers).where(_at(place)))
    return None if row is None else Kept(row.digest, row.created_at, row.status, row.sealed)


async def finish_answer(
    connection: AsyncConnection, place: Place, status: int, sealed: bytes
) -> None:
    """Keep the answer of a place that was taken."""
    await connection.execute(
        update(kept_answers).where(_at(place)).values(status=status, sealed=sealed)
    )


async def delete_answer(connection: AsyncConnection, place: Place) -> None:
    """Free a place."""
    await connection.execute(delete(kept_answers).where(_at(place)))


async def delete_old_answers(
    connection: AsyncConnection, before: datetime, place: Place | None = None
) -> None:
    """Free places that were taken before a moment; only this one, where it is named."""
    old = kept_answers.c.created_at <= before
    where = old if place is None else old & _at(place)
    await connection.execute(delete(kept_answers).where(where))


def _at(place: Place) -> ColumnElement[bool]:
    return (kept_answers.c.caller == place.caller) & (kept_answers.c.key == place.key)
