"""The audit over HTTP: filtered, paged, and as JSON lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel, Field, JsonValue

from rushes.access.permit import Actor, Verb, may, permit
from rushes.events.auditing import Auditing
from rushes.events.chain import Row
from rushes.events.chain_records import Wanted
from rushes.events.event import EventType
from rushes.http.auth import Identify
from rushes.http.paging import DEFAULT_LIMIT, CursorText, Limit, Page, Pager

AUDIT: Final = "audit"
LINES: Final = "application/jsonl"
FAMILY: Final = r"^[a-z_]{1,30}\.[a-z_]{0,30}$"

OF_EVENT: Final = (
    *("id", "type", "created_at", "actor", "subject", "project_id", "asset_id", "data"),
)
OF_ORIGIN: Final = ("address", "agent", "request_id")

Moment = Annotated[AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC))]


class AuditEntry(BaseModel):
    """One deed: who, from where, what, to what; and its link in the chain.

    `address`, `agent` and `request_id` are forgotten after 90 days, and shown to admins alone.
    """

    number: int
    hash: str
    id: str
    type: EventType
    created_at: datetime
    actor: str
    subject: str
    project_id: str | None
    asset_id: str | None
    data: dict[str, JsonValue]
    address: str | None = None
    agent: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """What of the audit is asked for."""

    wanted: Wanted

    def of(self, actor: Actor, before: int | None = None) -> Wanted:
        """Return what this actor may see of it."""
        projects = None
        if actor.project_ids is not None:
            projects = sorted(actor.project_ids - actor.view_only)
        return replace(self.wanted, project_ids=projects, before=before)


def _read_filter(
    *,
    what: Annotated[
        str | None,
        Query(alias="type", pattern=FAMILY, description="A type, or a family: `asset.`"),
    ] = None,
    actor: Annotated[
        str | None, Query(max_length=100, description="Id of an account, token or link")
    ] = None,
    subject: Annotated[
        str | None, Query(max_length=100, description="Id of what something was done to")
    ] = None,
    asset: Annotated[str | None, Query(max_length=100, description="Id of an asset")] = None,
    since: Annotated[Moment | None, Query(description="From this time on")] = None,
    until: Annotated[Moment | None, Query(description="Before this time")] = None,
) -> Filter:
    return Filter(
        Wanted(type=what, actor=actor, subject=subject, asset_id=asset, since=since, until=until)
    )


Asked = Annotated[Filter, Depends(_read_filter)]


def routes(auditing: Auditing, identify: Identify, pager: Pager) -> APIRouter:
    """Return the routes of the audit."""
    router = APIRouter(prefix="/api/v1", tags=["audit"])

    @router.get("/audit")
    async def list_audit(
        request: Request,
        asked: Asked,
        limit: Limit = DEFAULT_LIMIT,
        cursor: CursorText = None,
    ) -> Page[AuditEntry]:
        """List what was done, newest first; editors see that of projects they work in."""
        actor = await identify(request)
        permit(actor, Verb.SEE_AUDIT)
        before = int(pager.read(AUDIT, cursor)[0]) if cursor else None
        found = await auditing.list(asked.of(actor, before), limit + 1)
        page, following = found[:limit], None
        if len(found) > limit:
            following = pager.write(AUDIT, page[-1].link.number)
        return Page(items=list(_entries(page, actor)), next_cursor=following)

    @router.get("/audit.jsonl", response_class=StreamingResponse)
    async def export_audit(request: Request, asked: Asked) -> StreamingResponse:
        """Take the audit away as JSON lines, newest first."""
        actor = await identify(request)
        permit(actor, Verb.SEE_SETTINGS)
        lines = auditing.export(asked.of(actor))
        headers = {"Content-Disposition": 'attachment; filename="audit.jsonl"'}
        return StreamingResponse(lines, media_type=LINES, headers=headers)

    return router


def _entries(page: Sequence[Row], actor: Actor) -> Iterator[AuditEntry]:
    sees_origins = may(actor, Verb.SEE_SETTINGS)
    for row in page:
        if row.event is None:
            continue
        known = {name: getattr(row.event, name) for name in OF_EVENT}
        if sees_origins and row.origin is not None:
            known |= {name: getattr(row.origin, name) for name in OF_ORIGIN}
        yield AuditEntry(number=row.link.number, hash=row.link.hash.hex(), **known)
