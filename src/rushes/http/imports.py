"""Import over HTTP: what others put into the archive's store becomes assets, page by page."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from rushes.http.auth import Identify
from rushes.http.tiers import Tally, require_admin
from rushes.stores.store import KEY_BYTES_AT_MOST
from rushes.tiers.adopt import Adopting, Order
from rushes.tiers.layout import BY_FOLDERS, parse_layout


class ImportAsked(BaseModel):
    """What to take in: below `prefix`, into one `project` or, without it, by the `layout`.

    With `dry_run` nothing is changed. `after` is the last answer's `next_after`.
    """

    model_config = ConfigDict(frozen=True)

    prefix: str = Field(default="", max_length=KEY_BYTES_AT_MOST)
    project: str | None = Field(default=None, min_length=1, max_length=500)
    layout: str = Field(default=BY_FOLDERS, max_length=KEY_BYTES_AT_MOST)
    dry_run: bool = False
    after: str = Field(default="", max_length=KEY_BYTES_AT_MOST)


class Left(BaseModel):
    """An object that was not taken in, and the code of the reason."""

    key: str
    code: str


class ImportAnswer(BaseModel):
    """One page of a store's objects.

    `new` were taken in, or would be; `kinds` tells them by file name extension. `known` were taken
    in before, of which `changed` are other objects now and stay as they were. `own` are Rushes'
    own. `gone` were taken in before, are needed, and are not there now. `next_after` is null at
    the end.
    """

    new: Tally
    kinds: dict[str, Tally]
    known: int
    own: int
    changed: list[str]
    gone: list[str]
    refused: list[Left]
    next_after: str | None


def routes(adopting: Adopting, identify: Identify) -> APIRouter:
    """Return the route of imports."""
    router = APIRouter(tags=["tiers"])

    @router.post("/api/v1/imports")
    async def import_objects(request: Request, asked: ImportAsked) -> ImportAnswer:
        """Take in the next 1,000 objects of the archive's store where they lie; none is moved."""
        actor = await require_admin(identify, request)
        layout = parse_layout(asked.layout)
        order = Order(asked.prefix, asked.project, layout, dry_run=asked.dry_run)
        found = await adopting.take_page(actor, order, asked.after)
        return ImportAnswer(
            new=Tally(objects=found.new, size_bytes=found.new_bytes),
            kinds={
                kind: Tally(objects=objects, size_bytes=size_bytes)
                for kind, (objects, size_bytes) in found.kinds.items()
            },
            known=found.known,
            own=found.own,
            changed=found.changed,
            gone=found.gone,
            refused=[Left(key=key, code=code) for key, code in found.refused],
            next_after=found.after,
        )

    return router
