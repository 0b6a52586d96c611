"""The queries of virus scans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.scan_tables import scans
from rushes.db.statements import After, insert_or, newest_first
from rushes.db.tables import uploads
from rushes.intake.verdict import Scan, Verdict, Why
from rushes.uploads import quota_records
from rushes.uploads.records import read_uploads
from rushes.uploads.upload import INFECTED, NOT_SCANNED, State, Step, Upload
from rushes.uploads.upload import after as step_after

HELD: Final = frozenset({INFECTED, NOT_SCANNED})
"""The reasons of uploads that a scan keeps out."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """What is known of the scan of an upload; `tries` counts those that gave no verdict."""

    upload_id: str
    verdict: Verdict
    scanner: str
    tries: int
    updated_at: datetime
    remove_at: datetime | None = None
    removed_at: datetime | None = None


async def record_scan(connection: AsyncConnection, scanned: Scanned) -> None:
    """Keep what is known now, in place of what was known before."""
    values = {
        "state": scanned.verdict.scan.value,
        "why": None if scanned.verdict.why is None else scanned.verdict.why.value,
        "found": list(scanned.verdict.found),
        "scanner": scanned.scanner,
        "tries": scanned.tries,
        "updated_at": scanned.updated_at,
        "remove_at": scanned.remove_at,
    }
    statement = insert_or(connection, scans).values(upload_id=scanned.upload_id, **values)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["upload_id"], set_=values)
    )


async def find_scan(connection: AsyncConnection, upload_id: str) -> Scanned | None:
    """Return what is known of the scan of an upload."""
    query = select(scans).where(scans.c.upload_id == upload_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _scanned(row)


async def list_held(
    connection: AsyncConnection, after: After, limit: int
) -> list[tuple[Upload, Scanned]]:
    """Return a page of uploads that a scan keeps out, newest first."""
    query = select(uploads).join(scans, scans.c.upload_id == uploads.c.id)
    query = query.where(uploads.c.state == State.QUARANTINED.value, uploads.c.reason.in_(HELD))
    found = await read_uploads(connection, newest_first(query, uploads, after, limit))
    chosen = scans.c.upload_id.in_([upload.id for upload in found])
    rows = await connection.execute(select(scans).where(chosen))
    known = {row.upload_id: _scanned(row) for row in rows}
    return [(upload, known[upload.id]) for upload in found]


async def reopen(connection: AsyncConnection, upload: Upload, now: datetime) -> bool:
    """Make an upload that was kept out whole again, its room reserved; False if it changed.

    Raises:
        IllegalStep: it is not kept out.
    """
    state = step_after(upload.state, Step.REOPEN)
    is_same = (uploads.c.id == upload.id) & (uploads.c.state == upload.state.value)
    values = {"state": state.value, "reason": None, "updated_at": now}
    done = await connection.execute(update(uploads).where(is_same).values(**values))
    if done.rowcount == 1:
        await quota_records.give_back(connection, upload, -upload.reserved_bytes, -1)
    return done.rowcount == 1


def _scanned(row: Row[Any]) -> Scanned:
    why = None if row.why is None else Why(row.why)
    return Scanned(
        upload_id=row.upload_id,
        verdict=Verdict(Scan(row.state), why, tuple(row.found)),
        scanner=row.scanner,
        tries=row.tries,
        updated_at=row.updated_at,
        remove_at=row.remove_at,
        removed_at=row.removed_at,
    )


async def list_due(connection: AsyncConnection, now: datetime, limit: int) -> list[str]:
    """Return uploads that were infected, and whose bytes are to go by now."""
    is_due = scans.c.remove_at <= now
    query = select(scans.c.upload_id).where(is_due, scans.c.removed_at.is_(None))
    return list((await connection.execute(query.limit(limit))).scalars())


async def mark_removed(connection: AsyncConnection, upload_id: str, now: datetime) -> None:
    """Say that the bytes of an infected upload are gone."""
    is_it = scans.c.upload_id == upload_id
    await connection.execute(update(scans).where(is_it).values(removed_at=now))
