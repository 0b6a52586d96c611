"""What virus scans keep out, over HTTP: seen, looked through again, let in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from rushes.http.auth import Identify
from rushes.http.paging import DEFAULT_LIMIT, CursorText, Limit, Page, Pager
from rushes.http.senders import parse_id
from rushes.http.wishes import Text, Wish
from rushes.intake.verdict import Scan, Why
from rushes.library.releasing import Held, Releasing

LISTING: Final = "scans"


class HeldAnswer(BaseModel):
    """An upload that a scan keeps out; `found` are the names that the scanner gave.

    The bytes of an infected one go at `remove_at`; they went at `removed_at`.
    """

    upload_id: str
    file_name: str
    size_bytes: int
    project_id: str
    sender: str | None
    created_at: datetime
    scan: Scan
    why: Why | None
    found: list[str]
    scanner: str
    scanned_at: datetime
    remove_at: datetime | None
    removed_at: datetime | None


class ReleaseWish(Wish):
    """Why a file is let in; an infected one needs that it is said."""

    reason: Annotated[Text, Field(min_length=1, max_length=1_000)]
    infected: bool = False
    """Whether whoever releases it knows that it is infected."""


def routes(releasing: Releasing, identify: Identify, pager: Pager) -> APIRouter:
    """Return the routes of what scans keep out."""
    router = APIRouter(prefix="/api/v1/scans", tags=["uploads"])

    @router.get("")
    async def list_held(
        request: Request, limit: Limit = DEFAULT_LIMIT, cursor: CursorText = None
    ) -> Page[HeldAnswer]:
        """List uploads that a virus scan keeps out, newest first."""
        actor = await identify(request)
        rows = await releasing.list_held(actor, pager.read_after(LISTING, cursor), limit)
        shown, following = pager.cut(
            LISTING, rows, limit, lambda one: (one.upload.created_at, one.upload.id)
        )
        return Page(items=[_answer(one) for one in shown], next_cursor=following)

    @router.post("/{upload_id}/again", status_code=204)
    async def scan_held_again(request: Request, upload_id: str) -> None:
        """Look through an upload again that was kept out; it comes in if that lets it."""
        actor = await identify(request)
        await releasing.scan_again(actor, parse_id(upload_id))

    @router.post("/{upload_id}/release", status_code=204)
    async def release_held(request: Request, upload_id: str, asked: ReleaseWish) -> None:
        """Let an upload in that was kept out; it is called not scanned, and the audit says why."""
        actor = await identify(request)
        held = parse_id(upload_id)
        await releasing.release(actor, held, asked.reason, infected=asked.infected)

    return router


def _answer(held: Held) -> HeldAnswer:
    upload, scanned = held.upload, held.scanned
    return HeldAnswer(
        upload_id=upload.id,
        file_name=upload.file_name,
        size_bytes=upload.offset,
        project_id=upload.project_id,
        sender=upload.account_id or upload.link_id,
        created_at=upload.created_at,
        scan=scanned.verdict.scan,
        why=scanned.verdict.why,
        found=list(scanned.verdict.found),
        scanner=scanned.scanner,
        scanned_at=scanned.updated_at,
        remove_at=scanned.remove_at,
        removed_at=scanned.removed_at,
    )
