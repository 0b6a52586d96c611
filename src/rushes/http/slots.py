"""Slots over HTTP: made ready when a page opens, bound when a file is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from rushes.access.permit import Verb
from rushes.access.rates import Rates, Rule
from rushes.http.chunks import FileName, Size, Text, find_owner
from rushes.http.senders import FindCaller, ResolveProject, find_base, may, parse_id
from rushes.http.uploads import UploadAnswer, describe
from rushes.settings import Settings
from rushes.uploads.labels import format_labels
from rushes.uploads.slots import DEFAULT, MOST, Binding, Slots

PAGES = Rule("slots", 60)
"""How often one caller may ask for slots in a minute."""


class SlotsWish(BaseModel):
    """Slots to make; all of them go to one project."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    count: int = Field(default=DEFAULT, ge=1, le=MOST)
    project: Annotated[Text, Field(max_length=300)] | None = None
    """`client-slug/project-slug` or an id; a link's uploads go to its own project."""


class SlotAnswer(BaseModel):
    """A slot: bind it with PATCH /api/v1/uploads/{id}, then send the file to `url` by tus."""

    id: str
    url: str
    expires_at: datetime


class SlotsAnswer(BaseModel):
    """Slots that are ready."""

    slots: list[SlotAnswer]


class BindingWish(BaseModel):
    """The file that a slot is for; it is told once."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
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

    file_name: FileName
    size_bytes: Size
    media_type: Annotated[Text, Field(max_length=255)] = ""
    """What the sender believes it is; the bytes decide."""
    metadata: dict[str, Text] = Field(default={}, max_length=30)
    """Words of the sender about the file."""


@dataclass(frozen=True, slots=True)
class Slotting:
    """What the routes stand on."""

    slots: Slots
    rates: Rates
    settings: Settings
    find_caller: FindCaller
    resolve_project: ResolveProject


def routes(deeds: Slotting) -> APIRouter:
    """Return the two routes."""
    router = APIRouter(prefix="/api/v1/uploads", tags=["uploads"])

    @router.post("/slots", status_code=201)
    async def create_slots(request: Request, asked: SlotsWish) -> SlotsAnswer:
        """Make slots ready; they are good for half an hour and take no quota."""
        caller = await deeds.find_caller(request)
        project = await deeds.resolve_project(caller.actor, asked.project)
        await deeds.rates.take(PAGES, caller.actor.id)
        slots = await deeds.slots.create(project.id, find_owner(caller), asked.count, caller.link)
        base = find_base(request, deeds.settings)
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
        caller = await deeds.find_caller(request)
        labels = format_labels(asked.file_name, asked.media_type, asked.metadata)
        binding = Binding(asked.file_name, asked.media_type, labels, asked.size_bytes)
        asks = may(caller.actor, Verb.APPEND_UPLOAD)
        return describe(await deeds.slots.bind(parse_id(upload_id), binding, asks, caller.link))

    return router
