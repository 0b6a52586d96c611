"""Unfinished uploads as JSON: what still waits for bytes, for those who look after it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request
from pydantic import BaseModel

from rushes.access.permit import Role, Verb, permit
from rushes.db.engine import Database
from rushes.http.senders import Senders
from rushes.uploads import unfinished_records
from rushes.uploads.unfinished import Unfinished, gather
from rushes.uploads.upload import Protocol, UploadMissing

MOST: Final = 200
ADMINS: Final = frozenset({Role.SUPERADMIN, Role.ADMIN})


class UnfinishedAnswer(BaseModel):
    """A file that is not whole. `ids` are its uploads: to give it up, end each of them.

    `received_bytes` is null where the bytes go straight into the archive's bucket.
    """

    ids: list[str]
    protocol: Protocol
    file_name: str
    size_bytes: int | None
    received_bytes: int | None
    place: str
    link_id: str | None
    is_mine: bool
    begun_at: datetime
    moved_at: datetime
    expires_at: datetime


class UnfinishedAnswers(BaseModel):
    """The newest 200 of them."""

    items: list[UnfinishedAnswer]


def routes(senders: Senders, database: Database) -> APIRouter:
    """Return the route."""
    router = APIRouter(prefix="/api/v1/uploads", tags=["uploads"])

    @router.get("/unfinished")
    async def list_unfinished(request: Request) -> UnfinishedAnswers:
        """List files that still wait for bytes: mine, and for admins everybody's."""
        actor = (await senders.find_caller(request)).actor
        unlisted = UploadMissing("A link lists no uploads. Ask for one by its id.")
        permit(actor, Verb.SEE_UPLOAD, missing=unlisted)
        owner = None if actor.role in ADMINS else actor.id
        async with database.reading() as connection:
            pieces = await unfinished_records.list_pieces(connection, owner, actor.project_ids)
            found = gather(pieces)[:MOST]
            ids = {one.project_id for one in found}
            places = await unfinished_records.list_places(connection, ids)
        return UnfinishedAnswers(
            items=[_describe(one, places.get(one.project_id, ""), actor.id) for one in found]
        )

    return router


def _describe(one: Unfinished, place: str, account_id: str) -> UnfinishedAnswer:
    return UnfinishedAnswer(
        ids=list(one.ids),
        protocol=one.protocol,
        file_name=one.file_name,
        size_bytes=one.size_bytes,
        received_bytes=one.received_bytes,
        place=place,
        link_id=one.link_id,
        is_mine=one.account_id == account_id,
        begun_at=one.begun_at,
        moved_at=one.moved_at,
        expires_at=one.expires_at,
    )
