"""The queries of what moves and is no event: jobs, and uploads on their way in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, select

from rushes.db.engine import Connection
from rushes.db.tables import jobs, projects, uploads
from rushes.notify.audience import JOB_CHANGED, UPLOAD_PROGRESSED
from rushes.uploads.upload import State

LOT: Final = 1_000
"""So many at once: fewer than a listener may be behind (`live.KEPT`)."""

OVERLAP: Final = timedelta(seconds=5)
"""How far the clocks of two machines may differ before a change is passed over."""

LEAST: Final = timedelta(microseconds=1)
"""What PostgreSQL and SQLite keep of a time."""

_PLACE = (projects.c.client_slug.label("client"), projects.c.project_slug.label("project"))
_JOBS = select(
    jobs.c.id,
    *(jobs.c.workflow, jobs.c.subject, jobs.c.project_id, jobs.c.state, jobs.c.stage),
    *(jobs.c.progress, jobs.c.error_code, jobs.c.updated_at, *_PLACE),
).outerjoin(projects, projects.c.id == jobs.c.project_id)
_UPLOADS = select(
    uploads.c.id,
    *(uploads.c.asset_id, uploads.c.project_id, uploads.c.state, uploads.c.file_name),
    *(uploads.c.offset, uploads.c.size_bytes, uploads.c.updated_at, *_PLACE),
).join(projects, projects.c.id == uploads.c.project_id)


@dataclass(frozen=True, slots=True)
class Moved:
    """A job or an upload as it stands since a moment."""

    what: str
    id: str
    at: datetime
    project_id: str | None
    facts: Mapping[str, object]


async def list_jobs(connection: Connection, since: datetime) -> list[Moved]:
    """Return jobs that changed since a moment, the oldest change first."""
    query = _JOBS.where(jobs.c.updated_at >= since).order_by(jobs.c.updated_at).limit(LOT)
    return [_moved(JOB_CHANGED, "job_id", row) for row in await connection.execute(query)]


async def list_uploads(connection: Connection, since: datetime) -> list[Moved]:
    """Return uploads that grew since a moment, the oldest growth first."""
    query = (
        _UPLOADS.where(
            uploads.c.state == State.RECEIVING.value,
            uploads.c.updated_at >= since,
            uploads.c.offset > 0,
            uploads.c.concat.is_(None),  # the pieces of a file are no news, nor their sum
        )
        .order_by(uploads.c.updated_at)
        .limit(LOT)
    )
    return [_moved(UPLOAD_PROGRESSED, "upload_id", row) for row in await connection.execute(query)]


@dataclass(slots=True)
class Tide:
    """Reads what moved since it was read before, each change once."""

    find: Callable[[Connection, datetime], Awaitable[list[Moved]]]
    since: datetime
    _seen: dict[str, datetime] = field(default_factory=dict)

    async def read(self, connection: Connection) -> list[Moved]:
        """Return what moved and was not returned yet."""
        found = await self.find(connection, self.since)
        news = [each for each in found if self._seen.get(each.id) != each.at]
        self._seen = {each.id: each.at for each in found}
        if found:
            newest = max(each.at for each in found)
            if len(found) < LOT:
                self.since = max(self.since, newest - OVERLAP)
            else:  # more than a lot of one moment is not told whole: it would be read for ever
                self.since = newest if newest > self.since else newest + LEAST
        return news


def _moved(what: str, name: str, row: Row[*tuple[Any, ...]]) -> Moved:
    facts = dict(_list_facts(row))
    return Moved(what, row.id, row.updated_at, row.project_id, {name: row.id, **facts})


def _list_facts(row: Row[*tuple[Any, ...]]) -> Iterator[tuple[str, object]]:
    for name, value in row._mapping.items():  # noqa: SLF001 - SQLAlchemy's public name for it
        if name not in {"id", "updated_at"}:
            yield str(name), value
