"""Slots over HTTP: made ready when a page opens, bound when a file is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from rushes.access.permit import Verb
from rushes.access.rates import Rule
from rushes.http.senders import Senders, find_owner, may, parse_id
from rushes.http.uploads import UploadAnswer, describe
from rushes.http.wishes import FileWish, PlaceText, Wish
from rushes.uploads.labels import format_labels
from rushes.uploads.slots import DEFAULT, MOST, Binding, Slots

PAGES = Rule("slots", 60)
"""How often one caller may ask for slots in a minute."""


class SlotsWish(Wish):
    """Slots to make; all of them go to one project."""

    count: int = Field(default=DEFAULT, ge=1, le=MOST)
    project: PlaceText | None = None
    """`client-slug/project-slug` or an id; a link's uploads go to its own project."""


class SlotAnswer(BaseModel):
    """A slot: bind it with PATCH /api/v1/uploads/{id}, then send the file to `url` by tus."""

    id: str
    url: str
    expires_at: datetime


class SlotsAnswer(BaseModel):
    """Slots that are ready."""

    slots: list[SlotAnswer]


class BindingWish(FileWish):
    """The file that a slot is for; it is told once."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "file_name": "interview.mov",
                    "size_bytes": 671088640,
                    "media_type": "video/quicktime",
                }
            ]
        },
    )


@dataclass(frozen=True, slots=True)
class Slotting:
    """What the routes stand on."""

    senders: Senders
    slots: Slots


def routes(deeds: Slotting) -> APIRouter:
    """Return the two routes."""
    router = APIRouter(prefix="/api/v1/uploads", tags=["uploads"])

    @router.post("/slots", status_code=201)
    async def create_slots(request: Request, asked: SlotsWish) -> SlotsAnswer:
        """Make slots ready; they are good for half an hour and take no quota."""
        caller = await deeds.senders.find_caller(request)
        project = await deeds.senders.resolve_project(caller, asked.project)
        await deeds.senders.count(PAGES, caller)
        slots = await deeds.slots.create(project.id, find_owner(caller), asked.count, caller.link)
        base = deeds.senders.find_upload_base(request)
        token = request.headers.get("Rushes-Link")
        place = f"{base}/files" if token is None else f"{base}/u/{token}/files"
        return SlotsAnswer(
            slots=[
                SlotAnswer(id=slot.id, url=f"{place}/{slot.id}", expires_at=slot.expires_at)
                for slot in slots
            ]
        )

    @router.patch("/{upload_id}")
    async def bind_slot(request: Request, upload_id: str, asked: BindingWish) -> UploadAnswer:
        """Bind a slot to a file, once: its name, size and type; it takes its quota now."""
        caller = await deeds.senders.find_caller(request)
        labels = format_labels(asked.file_name, asked.media_type, asked.metadata)
        binding = Binding(asked.file_name, asked.media_type, labels, asked.size_bytes)
        asks = may(caller.actor, Verb.APPEND_UPLOAD)
        return describe(await deeds.slots.bind(parse_id(upload_id), binding, asks, caller.link))

    return router
