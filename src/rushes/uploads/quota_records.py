"""The queries of room: what accounts, links and projects have given to uploads, and have left.

Reserving is one UPDATE that says its limit itself, so racing creations cannot pass it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.access.allowance import UNLIMITED, Allowance, find_day
from rushes.access.limits import Use
from rushes.db.statements import insert_or
from rushes.db.tables import account_days, accounts, links, placements, projects, uploads
from rushes.uploads.upload import State, Upload

ARCHIVE_LOCK: Final = 7_201_002
"""The advisory lock under which the archive's bytes are summed up and reserved."""


async def lock_archive(connection: AsyncConnection) -> None:
    """Let no other transaction reserve room in the archive before this one ends.

    On SQLite a transaction that writes is alone from its beginning.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(ARCHIVE_LOCK)))


async def sum_archive(connection: AsyncConnection) -> int:
    """Return the bytes that the archive keeps, with those that are on their way into it."""
    kept = select(func.coalesce(func.sum(placements.c.size_bytes), 0)).where(
        placements.c.tier == "archive", placements.c.state != "absent"
    )
    coming = select(func.coalesce(func.sum(uploads.c.reserved_bytes), 0)).where(
        uploads.c.state.in_([State.RECEIVING.value, State.COMPLETED.value])
    )
    return sum([int((await connection.execute(query)).scalar_one()) for query in (kept, coming)])


async def reserve(
    connection: AsyncConnection,
    upload: Upload,
    bytes_more: int,
    files_more: int,
    *,
    now: datetime,
    allowance: Allowance,
) -> bool:
    """Take room in the upload's account, link and project; False if one has not got it.

    A caller that hears False must let the transaction fail, or what another gave is lost.
    """
    if upload.account_id is not None:
        done = await connection.execute(
            update(accounts)
            .where(
                accounts.c.id == upload.account_id,
                or_(
                    accounts.c.role.in_(UNLIMITED),
                    _fits(accounts.c.used_bytes, bytes_more, _max_bytes(allowance)),
                ),
            )
            .values(used_bytes=accounts.c.used_bytes + bytes_more)
        )
        if done.rowcount != 1:
            return False
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


async def find_account_use(
    connection: AsyncConnection, upload: Upload, allowance: Allowance
) -> Use | None:
    """Return how full the upload's account is; None where it has none, or one without limits."""
    query = select(accounts.c.used_bytes, _max_bytes(allowance)).where(
        accounts.c.id == upload.account_id, accounts.c.role.not_in(UNLIMITED)
    )
    row = (await connection.execute(query)).one_or_none()
    return Use(*row) if row else None


async def is_bounded(connection: AsyncConnection, upload: Upload, allowance: Allowance) -> bool:
    """Say whether an upload's account, link, project or the archive may keep so many bytes only."""
    account = await find_account_use(connection, upload, allowance)
    uses = (account, *await find_use(connection, upload))
    limits = [allowance.archive_bytes, *(use.max_bytes for use in uses if use is not None)]
    return any(limit is not None for limit in limits)


async def find_day_limit(
    connection: AsyncConnection, upload: Upload, allowance: Allowance
) -> tuple[str, int | None] | None:
    """Return an account's time zone, and how many uploads it may begin in a day; None: no account.

    The limit is None for those who have none.
    """
    query = select(accounts.c.time_zone, accounts.c.role, accounts.c.max_uploads_per_day)
    row = (await connection.execute(query.where(accounts.c.id == upload.account_id))).one_or_none()
    if row is None:
        return None
    if row.role in UNLIMITED:
        return row.time_zone, None
    limit = row.max_uploads_per_day
    return row.time_zone, allowance.uploads_per_day if limit is None else limit


async def count_begun(
    connection: AsyncConnection, account_id: str, day: str, limit: int | None
) -> bool:
    """Count an upload on a day of its account; False if that would be one too many."""
    if limit is not None and limit <= 0:
        return False
    statement = insert_or(connection, account_days).values(
        account_id=account_id, day=day, uploads=1
    )
    counted = statement.on_conflict_do_update(
        index_elements=[account_days.c.account_id, account_days.c.day],
        set_={"uploads": account_days.c.uploads + 1},
        where=None if limit is None else account_days.c.uploads < limit,
    )
    return (await connection.execute(counted.returning(account_days.c.uploads))).first() is not None


async def give_day_back(connection: AsyncConnection, upload: Upload) -> None:
    """Count an abandoned upload no more on the day on which it began."""
    query = select(accounts.c.time_zone).where(accounts.c.id == upload.account_id)
    time_zone = (await connection.execute(query)).scalar_one_or_none()
    if time_zone is None or not upload.file_count:
        return
    await connection.execute(
        update(account_days)
        .where(
            account_days.c.account_id == upload.account_id,
            account_days.c.day == find_day(upload.created_at, time_zone),
            account_days.c.uploads > 0,
        )
        .values(uploads=account_days.c.uploads - 1)
    )


async def record_reserved(connection: AsyncConnection, upload_id: str, reserved: int) -> None:
    """Keep how many bytes are reserved for an upload."""
    await connection.execute(
        update(uploads).where(uploads.c.id == upload_id).values(reserved_bytes=reserved)
    )


async def release(connection: AsyncConnection, upload: Upload) -> None:
    """Give back the bytes and the file that an upload had reserved."""
    await give_back(connection, upload, upload.reserved_bytes, upload.file_count)


async def give_back(
    connection: AsyncConnection, upload: Upload, bytes_less: int, files_less: int
) -> None:
    """Give room back to the upload's account, link and project."""
    if upload.account_id is not None:
        await connection.execute(
            update(accounts)
            .where(accounts.c.id == upload.account_id)
            .values(used_bytes=accounts.c.used_bytes - bytes_less)
        )
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


def _max_bytes(allowance: Allowance) -> ColumnElement[int]:
    """Return what an account may have in all: what stands at it, else what all may have."""
    return func.coalesce(
        accounts.c.max_total_bytes, literal(allowance.total_bytes, accounts.c.max_total_bytes.type)
    )


def _fits(used: ColumnElement[int], more: int, most: ColumnElement[int]) -> ColumnElement[bool]:
    return or_(most.is_(None), used + more <= most)
