"""The queries of virus scans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from rushes.db.scan_tables import scans
from rushes.db.statements import insert_or
from rushes.intake.verdict import Scan, Verdict, Why


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
    if row is None:
        return None
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
