"""Shares over HTTP, for those who were sent one: the token in the path is the whole right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from rushes.delivery.bundle import MOST, BundleAnswer
from rushes.delivery.covers import Covers
from rushes.delivery.download import ORIGINAL, Download
from rushes.delivery.image import Imaging
from rushes.delivery.playback import Playback, Waiting
from rushes.delivery.quality import Hints
from rushes.delivery.share import Taking
from rushes.delivery.taking import Packing
from rushes.delivery.visiting import Choice, Visit, Visiting, actor_of_share
from rushes.http.auth import Callers, find_address
from rushes.http.delivery import WAITING, PlaybackAsked, mark
from rushes.http.paging import DEFAULT_LIMIT, CursorText, Limit, Page, Pager
from rushes.http.wishes import Text, Wish
from rushes.library.asset import Asset

SHOWN: Final = "shown"


@dataclass(frozen=True, slots=True)
class Visits:
    """The deeds behind these routes."""

    visiting: Visiting
    imaging: Imaging
    covers: Covers
    packing: Packing


class Entering(Wish):
    """How a visitor comes in."""

    password: Text | None = Field(default=None, max_length=1_000, repr=False)


class PackAsked(Wish):
    """What a visitor takes as one ZIP."""

    asset_ids: list[Annotated[Text, Field(max_length=60)]] | None = Field(
        default=None, min_length=1, max_length=MOST
    )
    """In the order in which they stand in the ZIP; null: all that the share shows."""
    quality: Text = Field(default=ORIGINAL, max_length=60)
    """`original`, `best` for the best that is ready and given, or a quality."""


class VisitAnswer(BaseModel):
    """A visit: `token` opens the share from now on, for 12 hours, and is counted once."""

    token: str
    title: str
    message: str
    expires_at: datetime | None
    may_play: bool
    download: Taking
    may_get_original: bool


class ShownAsset(BaseModel):
    """An asset as visitors see it; sizes in bytes, duration in seconds."""

    id: str
    name: str
    file_name: str
    kind: str
    state: str
    size_bytes: int
    duration: float | None
    width: int | None
    height: int | None
    poster_url: str | None
    thumbnail_url: str | None
    moving_url: str | None
    created_at: datetime


class ShownDetails(ShownAsset):
    """An asset with what may be downloaded of it."""

    downloads: list[Choice]


def routes(visits: Visits, callers: Callers, pager: Pager) -> APIRouter:
    """Return the routes of visitors."""
    router = APIRouter(prefix="/s/{token}", tags=["visits"])
    _add_looking_routes(router, visits, callers, pager)
    _add_taking_routes(router, visits, callers)
    _add_packing_route(router, visits, callers)
    return router


def _add_looking_routes(router: APIRouter, visits: Visits, callers: Callers, pager: Pager) -> None:
    visiting = visits.visiting

    @router.post("/visit")
    async def visit_share(
        request: Request, response: Response, token: str, asked: Entering | None = None
    ) -> VisitAnswer:
        """Begin a visit, with the password where there is one; who brings a pass goes on."""
        password = None if asked is None else asked.password
        visit = await visiting.begin(token, password, find_address(request))
        mark(response, visit)
        share = visit.share
        return VisitAnswer(
            token=visit.token,
            title=share.title,
            message=share.message,
            expires_at=share.expires_at,
            may_play=share.may_play,
            download=share.download,
            may_get_original=share.may_get_original,
        )

    @router.get("/assets")
    async def list_shown(
        request: Request,
        response: Response,
        token: str,
        limit: Limit = DEFAULT_LIMIT,
        cursor: CursorText = None,
    ) -> Page[ShownAsset]:
        """List what the share shows, newest first."""
        visit = await visiting.enter(token, find_address(request))
        mark(response, visit)
        listing = f"{SHOWN}:{visit.share.id}"
        rows = await visiting.list_assets(visit, pager.read_after(listing, cursor), limit)
        shown, following = pager.cut(listing, rows, limit, lambda one: (one.created_at, one.id))
        items = await _show(visits, visit, shown, callers.find_base(request))
        return Page(items=items, next_cursor=following)

    @router.get("/assets/{asset_id}")
    async def get_shown(
        request: Request, response: Response, token: str, asset_id: str
    ) -> ShownDetails:
        """Read one asset, and what may be downloaded of it."""
        visit = await visiting.enter(token, find_address(request))
        mark(response, visit)
        asset, choices = await visiting.get_asset(visit, asset_id)
        shown = (await _show(visits, visit, [asset], callers.find_base(request)))[0]
        return ShownDetails(**shown.model_dump(), downloads=choices)


def _add_taking_routes(router: APIRouter, visits: Visits, callers: Callers) -> None:
    visiting = visits.visiting

    @router.post("/assets/{asset_id}/playback", responses=WAITING)
    async def play_shown(
        request: Request,
        response: Response,
        token: str,
        asset_id: str,
        asked: PlaybackAsked | None = None,
    ) -> Playback | Waiting:
        """Say how to play an asset of the share, or when to ask again."""
        visit = await visiting.enter(token, find_address(request))
        known = asked or PlaybackAsked()
        hints = Hints(known.connection_speed, known.connection_type, known.client_width)
        base = callers.find_base(request)
        found = await visiting.play(visit, asset_id, base, quality=known.quality, hints=hints)
        mark(response, found)
        return found

    @router.post("/assets/{asset_id}/download", responses=WAITING)
    async def download_shown(
        request: Request,
        response: Response,
        token: str,
        asset_id: str,
        quality: Annotated[
            str, Query(max_length=60, description="`original`, or a quality that the asset lists")
        ] = ORIGINAL,
    ) -> Download | Waiting:
        """Give a signed address of the original, or of one quality; each visitor counts once."""
        visit = await visiting.enter(token, find_address(request))
        base = callers.find_base(request)
        found = await visiting.download(visit, asset_id, base, quality=quality)
        mark(response, found)
        return found

    @router.get("/assets/{asset_id}/image", response_class=RedirectResponse, status_code=307)
    async def image_shown(
        request: Request,
        token: str,
        asset_id: str,
        w: Annotated[int, Query(description="Width in pixels, of the widths that are made")] = 1600,
        image_format: Annotated[
            str, Query(alias="format", max_length=10, description="`webp`, `jpeg` or `avif`")
        ] = "webp",
    ) -> Response:
        """Lead to the picture of an asset of the share at a width."""
        visit = await visiting.enter(token, find_address(request))
        actor = await visiting.find_viewer(visit, asset_id)
        address = await visits.imaging.ask(actor, asset_id, width=w, image_format=image_format)
        return RedirectResponse(address, 307, headers={"Cache-Control": "no-store"})


def _add_packing_route(router: APIRouter, visits: Visits, callers: Callers) -> None:
    @router.post("/bundle", status_code=201)
    async def bundle_shown(
        request: Request, response: Response, token: str, asked: PackAsked
    ) -> BundleAnswer:
        """Give a signed address of one ZIP of what the share shows; each asset counts once."""
        visit = await visits.visiting.enter(token, find_address(request))
        base = callers.find_base(request)
        packed = await visits.packing.pack(visit, asked.asset_ids, base, quality=asked.quality)
        mark(response, visit)
        return packed


async def _show(
    visits: Visits, visit: Visit, assets: Sequence[Asset], base: str
) -> list[ShownAsset]:
    """Return assets as visitors see them; pictures only where they may look."""
    share = visit.share
    covers = await visits.covers.list_covers(assets, actor_of_share(share), base)

    def show(asset: Asset) -> ShownAsset:
        cover = covers[asset.id] if share.may_play else None
        return ShownAsset(
            id=asset.id,
            name=asset.title or asset.file_name,
            file_name=asset.file_name,
            kind=asset.kind,
            state=asset.state,
            size_bytes=asset.size_bytes,
            duration=asset.duration,
            width=asset.width,
            height=asset.height,
            poster_url=None if cover is None else cover.poster_url,
            thumbnail_url=None if cover is None else cover.thumbnail_url,
            moving_url=None if cover is None else cover.moving_url,
            created_at=asset.created_at,
        )

    return [show(asset) for asset in assets]
