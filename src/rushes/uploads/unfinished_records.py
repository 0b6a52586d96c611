"""The query of unfinished uploads, and of the places they go to."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import and_, or_, select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.tables import projects, uploads
from rushes.db.upload_tables import upload_groups
from rushes.uploads.tus import parse_metadata
from rushes.uploads.unfinished import Piece
from rushes.uploads.upload import PARTIAL, Protocol, State

MOST: Final = 2_000
"""More pieces than anybody looks at; a file of the pages has at most 128."""

READ: Final = frozenset({"protocol", "file_name"})
"""Fields that are not taken from the row as they stand."""


async def list_pieces(
    connection: AsyncConnection,
    account_id: str | None,
    project_ids: Collection[str] | None = None,
) -> list[Piece]:
    """Return uploads that wait for bytes, newest first.

    Of one account or, for None, of everybody; into these projects or, for None, into any.
    """
    is_partial = uploads.c.concat == PARTIAL
    waits = or_(
        and_(uploads.c.state == State.RECEIVING.value, or_(uploads.c.concat.is_(None), is_partial)),
        and_(uploads.c.state == State.COMPLETED.value, is_partial, uploads.c.reason.is_(None)),
    )
    query = (
        select(uploads, upload_groups.c.group, upload_groups.c.total)
        .join(upload_groups, upload_groups.c.upload_id == uploads.c.id, isouter=True)
        .where(waits, ~uploads.c.is_slot)
        .order_by(uploads.c.updated_at.desc())
        .limit(MOST)
    )
    if account_id is not None:
        query = query.where(uploads.c.account_id == account_id)
    if project_ids is not None:
        query = query.where(uploads.c.project_id.in_(project_ids))
    rows = (await connection.execute(query)).all()
    return [
        Piece(
            **{name: getattr(row, name) for name in Piece.__slots__ if name not in READ},
            protocol=Protocol(row.protocol),
            file_name=_name(row),
        )
        for row in rows
    ]


def _name(row: Row[tuple[object, ...]]) -> str:
    """Return a file's name; a partial bears none itself, but tells that of its file."""
    if row.concat != PARTIAL:
        return str(row.file_name)
    return parse_metadata(row.metadata, is_partial=True).file_name or str(row.file_name)


async def list_places(connection: AsyncConnection, ids: Collection[str]) -> dict[str, str]:
    """Return `Client / Project`, as people call it, of projects."""
    query = select(projects.c.id, projects.c.client_name, projects.c.project_name)
    rows = await connection.execute(query.where(projects.c.id.in_(ids)))
    return {row.id: f"{row.client_name} / {row.project_name}" for row in rows}
