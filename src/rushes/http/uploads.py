"""Uploads as JSON: what one is, which are mine, and away with one. The same for every protocol."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from rushes.access.permit import Actor, ActorKind, Verb, permit
from rushes.db.engine import Database
from rushes.http.paging import CursorText, Limit, Page, Pager
from rushes.http.senders import Senders, may, parse_id
from rushes.intake import records as intake_records
from rushes.intake.records import Seen
from rushes.media.facts import MediaKind, parse_media_info
from rushes.uploads import chunk_records, records
from rushes.uploads.chunked import count_chunks, find_ranges
from rushes.uploads.receive import Receiver
from rushes.uploads.taking import Taker
from rushes.uploads.upload import Owner, Protocol, State, Upload, UploadMissing

LISTING = "uploads"


class SeenAnswer(BaseModel):
    """What a file is by its first bytes; the last three as its header claims, once it is here.

    `duration` in seconds, `width` and `height` in pixels as shown.
    """

    kind: MediaKind
    media_type: str
    duration: float | None = None
    width: int | None = None
    height: int | None = None


class UploadAnswer(BaseModel):
    """An upload; sizes in bytes. `asset_id` is told once it is filed, `digest` once it is known.

    Of one in chunks, `received_chunks` are the first and last index of each run that is here; a
    list of uploads leaves them out. `mbit` is its sender's line, where it was measured.
    `seen` is what accounts are told of a file whose first bytes were looked at.

    `root` is the SHA-256 over the SHA-256 of each 16 MiB of the bytes, in order: it is known sooner
    than the `digest` of the whole.
    """

    id: str
    protocol: Protocol
    state: State
    offset: int
    size_bytes: int | None
    file_name: str
    media_type: str
    asset_id: str | None
    digest: str | None
    root: str | None
    reason: str | None
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    chunk_size: int | None = None
    chunk_count: int | None = None
    received_chunks: list[list[int]] | None = None
    mbit: float | None = None
    seen: SeenAnswer | None = None


def routes(
    senders: Senders, database: Database, receiver: Receiver, taker: Taker, pager: Pager
) -> APIRouter:
    """Return the routes under `/api/v1/uploads`; a link calls them with `Rushes-Link`."""
    router = APIRouter(prefix="/api/v1/uploads", tags=["uploads"])

    @router.get("")
    async def list_uploads(
        request: Request,
        state: Annotated[State | None, Query(description="Only those in this state")] = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[UploadAnswer]:
        """List mine, newest first."""
        actor = (await senders.find_caller(request)).actor
        unlisted = UploadMissing("A link lists no uploads. Ask for one by its id.")
        permit(actor, Verb.SEE_UPLOAD, missing=unlisted)
        owner = _owner(actor)
        listing = f"{LISTING} {owner.account_id} {owner.link_id} {state}"
        after = pager.read_after(listing, cursor)
        async with database.reading() as connection:
            found = await records.list_uploads(
                connection, owner, state=state, before=after, limit=limit + 1
            )
        page, next_cursor = pager.cut(listing, found, limit, _place)
        return Page(items=[describe(upload) for upload in page], next_cursor=next_cursor)

    @router.get("/{upload_id}")
    async def get_upload(request: Request, upload_id: str) -> UploadAnswer:
        """Say how far an upload is; nobody who sends is disturbed."""
        caller = await senders.find_caller(request)
        asks = may(caller.actor, Verb.SEE_UPLOAD)
        upload = await receiver.read(parse_id(upload_id), asks)
        is_guest = caller.link is not None  # what is found out about a file is the house's own
        received: list[int] | None = None
        async with database.reading() as connection:
            seen = None if is_guest else await intake_records.find_seen(connection, upload.id)
            if upload.protocol is Protocol.CHUNKED:
                received = await chunk_records.list_positions(connection, upload.id)
        return describe(upload, received).model_copy(update={"seen": _describe_seen(seen)})

    @router.delete("/{upload_id}", status_code=204)
    async def delete_upload(request: Request, upload_id: str) -> None:
        """End an upload; of one that was accepted only the address goes."""
        caller = await senders.find_caller(request)
        asks = may(caller.actor, Verb.CANCEL_UPLOAD)
        await receiver.let_go(parse_id(upload_id), asks, actor=caller.actor.id)
        await taker.let_go(upload_id)

    return router


def describe(upload: Upload, received: Sequence[int] | None = None) -> UploadAnswer:
    """Return what is told of an upload; `received` are the indices of chunks that are here."""
    size_bytes, chunk_bytes = upload.size_bytes, upload.chunk_bytes
    is_counted = size_bytes is not None and chunk_bytes is not None
    return UploadAnswer(
        id=upload.id,
        protocol=upload.protocol,
        state=upload.state,
        offset=upload.offset,
        size_bytes=upload.size_bytes,
        file_name=upload.file_name,
        media_type=upload.media_type,
        asset_id=upload.asset_id if upload.state is State.ACCEPTED else None,
        digest=f"sha-256:{upload.digest.hex()}" if upload.digest else None,
        root=f"sha-256:{upload.root.hex()}" if upload.root else None,
        reason=upload.reason,
        created_at=upload.created_at,
        updated_at=upload.updated_at,
        expires_at=upload.expires_at,
        chunk_size=chunk_bytes,
        chunk_count=count_chunks(size_bytes or 0, chunk_bytes or 1) if is_counted else None,
        received_chunks=None if received is None else find_ranges(received),
        mbit=upload.mbit,
    )


def _describe_seen(seen: Seen | None) -> SeenAnswer | None:
    if seen is None:
        return None
    answer = SeenAnswer(kind=seen.sniffed.kind, media_type=seen.sniffed.media_type)
    if seen.facts is None:
        return answer
    info = parse_media_info(json.dumps(seen.facts))
    width, height = (None, None) if info.video is None else info.video.display_size
    known = {"duration": float(info.duration), "width": width, "height": height}
    return answer.model_copy(update={"kind": info.kind, **known})


def _owner(actor: Actor) -> Owner:
    if actor.kind is ActorKind.LINK:
        return Owner(link_id=actor.link_id)
    return Owner(account_id=actor.id)


def _place(upload: Upload) -> tuple[datetime, str]:
    return upload.created_at, upload.id
