"""Colours over HTTP: what an asset is shown as, and the LUTs that people send."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from rushes.access.permit import Actor, Verb, permit
from rushes.db.engine import Database
from rushes.delivery.medium import get_permitted
from rushes.http.auth import Identify
from rushes.http.guard import BodyTooLarge
from rushes.http.wishes import Wish
from rushes.library.asset import Asset
from rushes.media.color import AUTO, LOG_PREFIX, Look
from rushes.media.curves import CAMERAS
from rushes.media.lut import CUBE_BYTES_AT_MOST
from rushes.renditions.coloring import Coloring, Colors
from rushes.renditions.lut_records import SentLut
from rushes.renditions.luts import Luts

LutName = Annotated[str, Path(max_length=40)]


class ColorAnswer(BaseModel):
    """Colours of an asset: the choice, what it is shown as now, and the LOG its camera names.

    `choices` are all that can be chosen.
    """

    choice: str
    applied: str
    camera: str | None
    choices: list[str]


class ColorWish(Wish):
    """`auto`, `rec709`, `pq`, `hlg`, or `log:` and the name of a LUT."""

    color: str = Field(max_length=60)


class LutAnswer(BaseModel):
    """A LUT; `steps` are those of one side, none where it is computed from a published curve."""

    name: str
    title: str
    is_built_in: bool
    steps: int | None
    created_at: datetime | None


class LutList(BaseModel):
    """Every LUT."""

    items: list[LutAnswer]
    next_cursor: None = None


def routes(database: Database, coloring: Coloring, identify: Identify) -> APIRouter:
    """Return the routes of colours."""
    router = APIRouter(prefix="/api/v1", tags=["colours"])
    _add_choosing(router, database, coloring, identify)
    _add_luts(router, coloring.luts, identify)
    return router


def _add_choosing(
    router: APIRouter, database: Database, coloring: Coloring, identify: Identify
) -> None:
    async def find(actor: Actor, verb: Verb, asset_id: str) -> Asset:
        async with database.reading() as connection:
            return (await get_permitted(connection, actor, verb, asset_id)).asset

    async def answer(colors: Colors) -> ColorAnswer:
        names = [*CAMERAS, *(lut.name for lut in await coloring.luts.list_all())]
        return ColorAnswer(
            choice=colors.choice,
            applied=colors.applied,
            camera=colors.camera,
            choices=[AUTO, Look.PLAIN, Look.PQ, Look.HLG, *(LOG_PREFIX + name for name in names)],
        )

    @router.get("/assets/{asset_id}/color")
    async def get_color(request: Request, asset_id: str) -> ColorAnswer:
        """Say what an asset is shown as, and what else can be chosen."""
        asset = await find(await identify(request), Verb.SEE_ASSET, asset_id)
        return await answer(await coloring.describe(asset))

    @router.put("/assets/{asset_id}/color")
    async def set_color(request: Request, asset_id: str, wish: ColorWish) -> ColorAnswer:
        """Have an asset shown otherwise; what is there stays until the new is ready."""
        actor = await identify(request)
        asset = await find(actor, Verb.CHANGE_ASSET, asset_id)
        return await answer(await coloring.choose(actor.id, asset, wish.color))


def _add_luts(router: APIRouter, luts: Luts, identify: Identify) -> None:
    @router.get("/luts")
    async def list_luts(request: Request) -> LutList:
        """List the LUTs that can be chosen: ours, and those that people sent."""
        permit(await identify(request), Verb.SEE_ASSET)
        ours = [
            LutAnswer(name=name, title="", is_built_in=True, steps=None, created_at=None)
            for name in CAMERAS
        ]
        return LutList(items=[*ours, *map(_answer, await luts.list_all())])

    @router.put(
        "/luts/{name}",
        openapi_extra={
            "requestBody": {
                "required": True,
                "description": "A `.cube` file of up to 65 steps a side and 10 MiB",
                "content": {"text/plain": {"schema": {"type": "string"}}},
            }
        },
    )
    async def put_lut(request: Request, name: LutName) -> LutAnswer:
        """Keep a `.cube` file under a name; the same file once more changes nothing."""
        actor = await identify(request)
        permit(actor, Verb.CHANGE_ASSET)
        return _answer(await luts.put(actor.id, name, await _read(request)))

    @router.delete("/luts/{name}", status_code=204)
    async def delete_lut(request: Request, name: LutName) -> None:
        """Delete a LUT that nothing is shown through."""
        permit(await identify(request), Verb.CHANGE_ASSET)
        await luts.delete(name)


async def _read(request: Request) -> bytes:
    """Return the body, or refuse one that is too large."""
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > CUBE_BYTES_AT_MOST:
            raise BodyTooLarge("A .cube file has 10 MiB at most.")
    return bytes(content)


def _answer(lut: SentLut) -> LutAnswer:
    return LutAnswer(
        name=lut.name,
        title=lut.title,
        is_built_in=False,
        steps=lut.steps,
        created_at=lut.created_at,
    )
