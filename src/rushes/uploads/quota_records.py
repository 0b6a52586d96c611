"""The queries of room: what links and projects have given to uploads, and what they have left.

Reserving is one UPDATE that says its limit itself, so racing creations cannot pass it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.access.limits import Use
from rushes.db.tables import links, projects, uploads
from rushes.uploads.upload import Upload


async def reserve(
    connection: AsyncConnection, upload: Upload, bytes_more: int, files_more: int, now: datetime
) -> bool:
    """Take room in the upload's link and project; False if one has not got it.

    A caller that hears False must let the transaction fail, or what the link gave is lost.
    """
    if upload.link_id is not None:
        is_live = and_(
            links.c.is_active, or_(links.c.expires_at.is_(None), links.c.expires_at > now)
        )
        bytes_fit = _fits(links.c.used_bytes, bytes_more, links.c.max_total_bytes)
        files_fit = _fits(links.c.used_files, files_more, links.c.max_files)
        done = await connection.execute(
            update(links)
            .where(links.c.id == upload.link_id, is_live, bytes_fit, files_fit)
            .values(
                used_bytes=links.c.used_bytes + bytes_more,
                used_files=links.c.used_files + files_more,
            )
        )
        if done.rowcount != 1:
            return False
    fits = _fits(projects.c.used_bytes, bytes_more, projects.c.max_total_bytes)
    done = await connection.execute(
        update(projects)
        .where(projects.c.id == upload.project_id, fits)
        .values(
            used_bytes=projects.c.used_bytes + bytes_more,
            used_files=projects.c.used_files + files_more,
        )
    )
    return done.rowcount == 1


async def find_use(connection: AsyncConnection, upload: Upload) -> tuple[Use | None, Use | None]:
    """Return how full the upload's link and project are; None where there is none."""
    of_link = select(
        links.c.used_bytes, links.c.max_total_bytes, links.c.used_files, links.c.max_files
    ).where(links.c.id == upload.link_id)
    of_project = select(projects.c.used_bytes, projects.c.max_total_bytes).where(
        projects.c.id == upload.project_id
    )
    link = (await connection.execute(of_link)).one_or_none()
    project = (await connection.execute(of_project)).one_or_none()
    return Use(*link) if link else None, Use(*project) if project else None


async def record_reserved(connection: AsyncConnection, upload_id: str, reserved: int) -> None:
    """Keep how many bytes are reserved for an upload."""
    await connection.execute(
        update(uploads).where(uploads.c.id == upload_id).values(reserved_bytes=reserved)
    )


async def release(connection: AsyncConnection, upload: Upload) -> None:
    """Give back the bytes and the file that an upload had reserved."""
    await give_back(connection, upload, upload.reserved_bytes, 1)


async def give_back(
    connection: AsyncConnection, upload: Upload, bytes_less: int, files_less: int
) -> None:
    """Give room back to the upload's link and project."""
    for table, key in ((links, upload.link_id), (projects, upload.project_id)):
        if key is not None:
            await connection.execute(
                update(table)
                .where(table.c.id == key)
                .values(
                    used_bytes=table.c.used_bytes - bytes_less,
                    used_files=table.c.used_files - files_less,
                )
            )


async def count_use(connection: AsyncConnection, upload: Upload, now: datetime) -> None:
    """Count a received upload with its link, in SQL."""
    if upload.link_id is not None:
        await connection.execute(
            update(links)
            .where(links.c.id == upload.link_id)
            .values(upload_count=links.c.upload_count + 1, last_used_at=now)
        )


def _fits(used: ColumnElement[int], more: int, most: ColumnElement[int]) -> ColumnElement[bool]:
    return or_(most.is_(None), used + more <= most)
