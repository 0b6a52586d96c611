"""The queries on what is kept sealed: which key closed it, and closing it anew.

Whoever keeps something sealed for longer than a day adds a row to `SEALED`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, LargeBinary, Table, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.answer_tables import kept_answers
from rushes.db.door_tables import factors
from rushes.db.notify_tables import webhooks
from rushes.db.partner_tables import partner_copies
from rushes.db.share_tables import shares
from rushes.db.tables import links


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column of sealed texts; `place` begins the name of what each of them is sealed for."""

    table: Table
    id: Column[Any]
    column: Column[Any]
    place: str


SEALED: Final = (
    Sealed(links, links.c.id, links.c.token_sealed, "links.token"),
    Sealed(shares, shares.c.id, shares.c.token_sealed, "shares.token_sealed"),
    Sealed(webhooks, webhooks.c.id, webhooks.c.secret_sealed, "webhooks.secret"),
    Sealed(webhooks, webhooks.c.id, webhooks.c.old_secret_sealed, "webhooks.secret"),
    Sealed(partner_copies, partner_copies.c.id, partner_copies.c.session, "partner_copies.session"),
    Sealed(factors, factors.c.account_id, factors.c.secret_sealed, "factors.secret_sealed"),
)
"""What lasts, and is sealed anew."""

PASSING: Final = Sealed(kept_answers, kept_answers.c.key, kept_answers.c.sealed, "")
"""What is gone after a day."""


async def list_closed(
    connection: AsyncConnection, sealed: Sealed, but_by: bytes, after: str, limit: int
) -> list[tuple[str, bytes]]:
    """Return ids and sealed texts behind an id that do not begin with this name of a key."""
    is_other = sealed.column.is_not(None) & (_beginning(sealed, but_by) != but_by)
    query = select(sealed.id, sealed.column).where(is_other, sealed.id > after)
    rows = await connection.execute(query.order_by(sealed.id).limit(limit))
    return [(row[0], row[1]) for row in rows]


async def close_anew(
    connection: AsyncConnection, sealed: Sealed, row_id: str, former: bytes, anew: bytes
) -> bool:
    """Write a text that was sealed anew; False if somebody wrote another one meanwhile."""
    is_same = (sealed.id == row_id) & (sealed.column == former)
    statement = update(sealed.table).where(is_same).values({sealed.column: anew})
    return (await connection.execute(statement)).rowcount > 0


async def count_closed(connection: AsyncConnection, sealed: Sealed, by: bytes) -> int:
    """Return how many texts begin with this name of a key."""
    query = select(func.count()).select_from(sealed.table)
    return int((await connection.execute(query.where(_beginning(sealed, by) == by))).scalar_one())


def _beginning(sealed: Sealed, like: bytes) -> ColumnElement[bytes]:
    return func.substr(sealed.column, 1, len(like), type_=LargeBinary())
