"""The queries that end everything an account opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.share_tables import shares
from rushes.db.tables import links, sessions, tokens


@dataclass(frozen=True, slots=True)
class Ended:
    """What ended: how many sessions; tokens, upload links and shares by their ids."""

    sessions: int
    tokens: tuple[str, ...]
    links: tuple[str, ...]
    shares: tuple[str, ...]


async def end_everything(connection: AsyncConnection, account_id: str, now: datetime) -> Ended:
    """End the sessions and tokens of an account, and the links and shares that it made.

    Addresses that were signed for its shares end with them: their epoch is raised.
    """
    gone = await connection.execute(delete(sessions).where(sessions.c.account_id == account_id))
    revoked = (
        update(tokens)
        .where(tokens.c.account_id == account_id, tokens.c.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(tokens.c.id)
    )
    off = (
        update(links)
        .where(links.c.created_by == account_id, links.c.is_active)
        .values(is_active=False, revision=links.c.revision + 1)
        .returning(links.c.id)
    )
    closed = (
        update(shares)
        .where(shares.c.created_by == account_id, shares.c.is_active)
        .values(is_active=False, epoch=shares.c.epoch + 1, revision=shares.c.revision + 1)
        .returning(shares.c.id)
    )
    ended = [
        tuple(sorted((await connection.execute(each)).scalars())) for each in (revoked, off, closed)
    ]
    return Ended(gone.rowcount, *ended)
