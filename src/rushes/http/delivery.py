"""How people get bytes: playback, downloads, pictures, and what stands under `/p/`."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import unquote, urlsplit

from fastapi import APIRouter, Query, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from rushes.access.permit import Actor
from rushes.delivery.delivering import Delivering
from rushes.delivery.download import ORIGINAL, Download, Downloading
from rushes.delivery.image import Imaging
from rushes.delivery.listing import ListedPlacement, ListedRendition, Listing
from rushes.delivery.playback import Playback, Playing, Waiting
from rushes.delivery.quality import AUTO, Hints
from rushes.delivery.ranges import RangeNotSatisfiable
from rushes.delivery.serve import SEGMENT_FOLDER, Part, Playlist, Server, Serving
from rushes.http.auth import Identify, find_address
from rushes.http.away import answer_away
from rushes.http.leaving import while_there
from rushes.http.problem import answer, request_id_of
from rushes.http.ranged import USER_BYTES, answer_file, answer_part, answer_through, plan_asked
from rushes.http.regions import Nearness
from rushes.media.overlay import WHOLE
from rushes.tiers.locate import Away, Copy, Locator
from rushes.tiers.placement import Tier
from rushes.tiers.reads import Reads


@dataclass(frozen=True, slots=True)
class Delivery:
    """The deeds behind these routes; `base_url` None takes the address that was asked."""

    playing: Playing
    imaging: Imaging
    downloading: Downloading
    listing: Listing
    server: Server
    locator: Locator
    reads: Reads
    base_url: str | None = None
    nearness: Nearness = field(default_factory=Nearness)


class PlaybackAsked(BaseModel):
    """What a player knows of its place; all of it is optional."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    quality: str = Field(default=AUTO, max_length=20)
    """`auto`, or a quality by its name."""
    client_width: int | None = Field(default=None, ge=1, le=100_000)
    """Pixels."""
    client_height: int | None = Field(default=None, ge=1, le=100_000)
    """Pixels."""
    connection_type: str | None = Field(default=None, max_length=20)
    """As `navigator.connection.effectiveType` says it."""
    connection_speed: float | None = Field(default=None, ge=0, le=1_000_000)
    """Mbit/s."""
    region: str | None = Field(default=None, max_length=40)
    """The region whose edge answers soonest; by default that of the viewer's country."""


class RenditionList(BaseModel):
    """Every rendition of an asset."""

    items: list[ListedRendition]
    next_cursor: None = None


class PlacementList(BaseModel):
    """Where everything of an asset is."""

    items: list[ListedPlacement]
    next_cursor: None = None


WAITING: dict[int | str, dict[str, object]] = {
    202: {"model": Waiting, "description": "Nothing can be had yet: ask again"}
}
BYTES: dict[int | str, dict[str, object]] = {
    200: {"description": "All bytes, or a playlist"},
    206: {"description": "One range"},
    304: {"description": "They are there already"},
    416: {"description": "The range lies beyond the end"},
}


def routes(delivery: Delivery, identify: Identify) -> APIRouter:
    """Return the routes of assets' bytes, and those under `/p/`."""
    router = APIRouter(tags=["delivery"])
    for part in (_watching_routes, _delivering_routes, _picture_routes, _listing_routes):
        router.include_router(part(delivery, identify), prefix="/api/v1/assets/{asset_id}")
    router.include_router(_signed_routes(delivery))
    return router


def _watching_routes(delivery: Delivery, identify: Identify) -> APIRouter:
    router = APIRouter()

    @router.post("/playback", responses=WAITING)
    async def playback(
        request: Request, response: Response, asset_id: str, asked: PlaybackAsked | None = None
    ) -> Playback | Waiting:
        """Say how to play an asset, or when to ask again."""
        known = asked or PlaybackAsked()
        hints = Hints(
            known.connection_speed,
            known.connection_type,
            known.client_width,
            delivery.nearness.regions.require(known.region),
        )
        found = await delivery.playing.ask(
            await identify(request),
            asset_id,
            _base(delivery, request),
            quality=known.quality,
            hints=hints,
        )
        mark(response, found)
        return found

    @router.get("/download", responses=WAITING)
    async def download(
        request: Request,
        response: Response,
        asset_id: str,
        quality: Annotated[
            str, Query(max_length=60, description="`original`, or a quality as playback names it")
        ] = ORIGINAL,
        region: Annotated[
            str | None,
            Query(max_length=40, description="The region whose edge is to give it, if it has it"),
        ] = None,
    ) -> Download | Waiting:
        """Give a signed address of the original, or of one quality."""
        who, base = await identify(request), _base(delivery, request)
        chosen = delivery.nearness.regions.require(region)
        found = await delivery.downloading.ask(who, asset_id, base, quality=quality, region=chosen)
        mark(response, found)
        return found

    @router.get("/original", response_class=RedirectResponse, status_code=307)
    @router.head("/original", response_class=RedirectResponse, status_code=307)
    async def original(request: Request, asset_id: str) -> Response:
        """Lead to the bytes of the original."""
        found = await delivery.downloading.original(await identify(request), asset_id, "")
        return _redirect(found.url)

    return router


def _delivering_routes(delivery: Delivery, identify: Identify) -> APIRouter:
    router = APIRouter()
    delivering = Delivering(delivery.playing, delivery.imaging, delivery.downloading)

    @router.get("/deliver", response_class=RedirectResponse, status_code=307, responses=WAITING)
    async def deliver(
        request: Request,
        asset_id: str,
        w: Annotated[
            int, Query(description="Width of a picture, one of those that are made")
        ] = 1600,
        image_format: Annotated[
            str, Query(alias="format", max_length=10, description="`webp`, `jpeg` or `avif`")
        ] = "webp",
    ) -> Response:
        """Lead to the right thing: what plays of a film or sound, a picture, or the file itself."""
        found = await delivering.ask(
            await identify(request),
            asset_id,
            _base(delivery, request),
            width=w,
            image_format=image_format,
        )
        if isinstance(found, str):
            return _redirect(found)
        waiting = JSONResponse(jsonable_encoder(found))
        mark(waiting, found)
        return waiting

    return router


def _picture_routes(delivery: Delivery, identify: Identify) -> APIRouter:
    router = APIRouter()

    @router.get("/image", response_class=RedirectResponse, status_code=307)
    async def image(
        request: Request,
        asset_id: str,
        w: Annotated[int, Query(description="Width in pixels, of the widths that are made")] = 1600,
        image_format: Annotated[
            str, Query(alias="format", max_length=10, description="`webp`, `jpeg` or `avif`")
        ] = "webp",
        *,
        moving: Annotated[
            bool, Query(description="Whether a preview that moves is wanted, where there is one")
        ] = False,
        developed: Annotated[
            bool, Query(description="Whether camera RAW is to be developed from its sensor")
        ] = False,
    ) -> Response:
        """Lead to the picture of an asset at a width; it is made once, and kept."""
        who = await identify(request)
        if developed:
            return _redirect(
                await delivery.imaging.develop(who, asset_id, width=w, image_format=image_format)
            )
        address = await delivery.imaging.ask(
            who, asset_id, width=w, image_format=image_format, moving=moving
        )
        return _redirect(address)

    return router


def _listing_routes(delivery: Delivery, identify: Identify) -> APIRouter:
    router = APIRouter()

    @router.get("/renditions")
    async def renditions(request: Request, asset_id: str) -> RenditionList:
        """List what was made of an asset, and what is being made."""
        who = await identify(request)
        return RenditionList(items=await delivery.listing.list_renditions(who, asset_id))

    @router.get("/placements")
    async def placements(request: Request, asset_id: str) -> PlacementList:
        """List where the original and the renditions of an asset are."""
        who = await identify(request)
        return PlacementList(items=await delivery.listing.list_placements(who, asset_id))

    return router


def _signed_routes(delivery: Delivery) -> APIRouter:
    router = APIRouter()

    @router.get("/p/{signed}/{path:path}", response_class=Response, responses=BYTES)
    @router.head("/p/{signed}/{path:path}", response_class=Response, responses=BYTES)
    async def signed_path(
        request: Request,
        signed: str,
        path: str,
        start: Annotated[
            str | None, Query(max_length=20, description="Quality to begin with")
        ] = None,
        v: Annotated[
            str | None,
            Query(max_length=60, description="Version: a file's id, or what encoded a segment"),
        ] = None,
    ) -> Response:
        """Give a playlist, or bytes of one asset, to whoever has the address."""
        return await _answer_signed(delivery, request, signed, path, start=start, version=v)

    return router


async def serve_original(
    delivery: Delivery, request: Request, actor: Actor, asset_id: str
) -> Response:
    """Answer with the bytes of an asset's original, or a range of them, to somebody who may.

    Raises:
        AssetNotFound, Forbidden, NoCopy: see `Downloading.original`.
    """
    found = await delivery.downloading.original(actor, asset_id, "")
    _, _, signed, path = urlsplit(found.url).path.split("/", 3)
    return await _answer_signed(delivery, request, signed, unquote(path))


async def _answer_signed(
    delivery: Delivery,
    request: Request,
    signed: str,
    path: str,
    *,
    start: str | None = None,
    version: str | None = None,
) -> Response:
    asking = delivery.server.resolve(signed, path, start, version)
    if path.startswith(SEGMENT_FOLDER):  # it may have to be made, for as long as somebody waits
        asking = while_there(request, asking)
    found = await asking
    if isinstance(found, Playlist):
        return _playlist(found)
    if isinstance(found, Part):
        try:
            return await _part(delivery, request, found)
        except FileNotFoundError:  # it went, because the file of its quality came
            return await _answer_signed(delivery, request, signed, path, version=version)
    near = delivery.nearness.find(request, found.region)
    copy = await _open(delivery, request, found.object_id, f"{signed}/{path}", near)
    try:
        given = await _give(request, found, copy)
    except RangeNotSatisfiable as error:
        return _unsatisfiable(request, error, found.overlay.size_of(copy.size_bytes))
    if request.method == "GET" and copy.tier is not None:
        span = plan_asked(request, found, copy)
        delivery.reads.note(found.object_id, copy.tier, span.length, span.start, near)
    return given


async def _give(request: Request, found: Serving, copy: Copy | Away) -> Response:
    """Answer with bytes, or where a store gives them; no store gives a file within a file."""
    if isinstance(copy, Copy):
        return answer_file(request, found, copy)
    if found.overlay != WHOLE:
        return await answer_through(request, found, copy)
    return answer_away(request, found, copy)


async def _open(
    delivery: Delivery, request: Request, object_id: str, address: str, near: Tier
) -> Copy | Away:
    """Open the best copy; where that was of no use a moment ago, the next one."""
    doubts = delivery.reads.doubts
    but = near if doubts is not None and doubts.is_doubted(object_id, near) else None
    copy = await delivery.locator.open_copy(object_id, but=but, near=near)
    if doubts is None or not isinstance(copy, Away) or request.method != "GET":
        return copy
    question = (find_address(request), address, request.headers.get("range", ""))
    if not copy.tier.is_edge or doubts.lead(object_id, question, copy.tier):
        return copy
    return await delivery.locator.open_copy(object_id, but=copy.tier, near=near)


async def _part(delivery: Delivery, request: Request, found: Part) -> Response:
    """Return a segment; the file of its quality may have come while it was asked for."""
    headers = USER_BYTES | {
        "Cache-Control": f"private, max-age={found.max_age}",
        "Content-Type": found.media_type,
    }
    file = await _open_part(delivery, found, delivery.nearness.find(request, found.region))
    if isinstance(file, Away):
        end = found.offset + (found.size_bytes or file.size_bytes)
        return Response(found.shape(await file.read(found.offset, end)), headers=headers)
    if found.is_second:  # sound: few bytes, of which one is another
        try:
            content = await asyncio.to_thread(os.pread, file, found.size_bytes or 0, found.offset)
        finally:
            os.close(file)
        return Response(found.shape(content), headers=headers)
    size_bytes = os.fstat(file).st_size if found.size_bytes is None else found.size_bytes
    return answer_part(file, found.offset, size_bytes, headers)


async def _open_part(delivery: Delivery, found: Part, near: Tier) -> int | Away:
    """Open what holds a segment, or say in which store it lies.

    Raises:
        FileNotFoundError: it went meanwhile.
    """
    if found.path is not None:
        return await asyncio.to_thread(os.open, found.path, os.O_RDONLY | os.O_CLOEXEC)
    copy = await delivery.locator.open_copy(found.object_id, near=near)
    if copy.tier is not None:
        size_bytes = found.size_bytes or copy.size_bytes
        delivery.reads.note(found.object_id, copy.tier, size_bytes, found.offset, near)
    return copy if isinstance(copy, Away) else copy.file


def _base(delivery: Delivery, request: Request) -> str:
    return (delivery.base_url or str(request.base_url)).rstrip("/")


def mark(response: Response, found: object) -> None:
    """Let nobody keep an answer; one that asks to wait says for how long."""
    response.headers["Cache-Control"] = "no-store"
    if isinstance(found, Waiting):
        response.status_code = 202
        response.headers["Retry-After"] = str(max(1, round(found.retry_after)))


def _redirect(address: str) -> Response:
    return RedirectResponse(address, status_code=307, headers={"Cache-Control": "no-store"})


def _playlist(found: Playlist) -> Response:
    cache = f"private, max-age={found.max_age}" if found.max_age else "private, no-cache"
    return Response(
        found.text, media_type=found.media_type, headers=USER_BYTES | {"Cache-Control": cache}
    )


def _unsatisfiable(request: Request, error: RangeNotSatisfiable, size_bytes: int) -> Response:
    """Return 416, which no table of kinds knows: it is about this header alone (RFC 9110)."""
    headers = {"Content-Range": f"bytes */{size_bytes}", "Accept-Ranges": "bytes"}
    return answer(416, error.code, error.message, request_id_of(request), headers=headers)
