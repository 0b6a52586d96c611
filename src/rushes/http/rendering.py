"""Render manifests over HTTP: how to read one file in ranges, in parallel, and to prove them."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from rushes.delivery.download import ORIGINAL
from rushes.delivery.playback import Waiting
from rushes.delivery.render import (
    HOURS,
    MOST_HOURS,
    MOST_STREAMS,
    STREAMS,
    Manifest,
    Rendering,
)
from rushes.http.auth import Identify
from rushes.http.delivery import WAITING, mark


class ManifestAsked(BaseModel):
    """What a render node wants to read; all of it is optional."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    quality: str = Field(default=ORIGINAL, max_length=60)
    """`original`, or a quality as playback names it."""
    hours: int = Field(default=HOURS, ge=1, le=MOST_HOURS)
    """How long the address is to be good."""
    streams: int = Field(default=STREAMS, ge=1, le=MOST_STREAMS)
    """How many ranges are read at once."""


def routes(rendering: Rendering, identify: Identify, base_url: str | None) -> APIRouter:
    """Return the route of render manifests."""
    router = APIRouter(tags=["delivery"])

    @router.post("/api/v1/assets/{asset_id}/render-manifest", responses=WAITING)
    async def render_manifest(
        request: Request, response: Response, asset_id: str, asked: ManifestAsked | None = None
    ) -> Manifest | Waiting:
        """Say how to read the original, or one quality, in ranges that can be proved."""
        wanted = asked or ManifestAsked()
        found = await rendering.ask(
            await identify(request),
            asset_id,
            (base_url or str(request.base_url)).rstrip("/"),
            quality=wanted.quality,
            hours=wanted.hours,
            streams=wanted.streams,
        )
        mark(response, found)
        return found

    return router
