"""Downloads of many over HTTP: one ZIP, with a length, ranges and resuming."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from rushes.delivery.bundle import MOST, BundleAnswer, Bundling
from rushes.delivery.disposition import disposition
from rushes.delivery.download import ORIGINAL
from rushes.delivery.ranges import RangeNotSatisfiable, is_unchanged, plan_span
from rushes.http.auth import Identify
from rushes.http.delivery import BYTES
from rushes.http.problem import answer, request_id_of
from rushes.http.ranged import USER_BYTES

ZIP_TYPE = "application/zip"


class BundleAsked(BaseModel):
    """Which assets, and as what."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    asset_ids: list[Annotated[str, Field(max_length=100)]] = Field(min_length=1, max_length=MOST)
    """In the order in which they stand in the ZIP."""
    quality: str = Field(default=ORIGINAL, max_length=60)
    """`original`, `best` for the best that is ready, or a quality as playback names it."""


def routes(bundling: Bundling, identify: Identify, base_url: str | None) -> APIRouter:
    """Return the routes of downloads of many."""
    router = APIRouter(tags=["delivery"])

    @router.post("/api/v1/downloads", status_code=201)
    async def create_bundle(request: Request, asked: BundleAsked) -> BundleAnswer:
        """Give a signed address of one ZIP of many files."""
        actor = await identify(request)
        base = (base_url or str(request.base_url)).rstrip("/")
        return await bundling.ask(actor, asked.asset_ids, base, quality=asked.quality)

    @router.get("/p/zip/{signed}/{file_name}", response_class=Response, responses=BYTES)
    @router.head("/p/zip/{signed}/{file_name}", response_class=Response, responses=BYTES)
    async def read_bundle(request: Request, signed: str, file_name: str) -> Response:
        """Give a ZIP, or a range of it, to whoever has the address."""
        return await _answer(bundling, request, signed, file_name)

    return router


async def _answer(bundling: Bundling, request: Request, signed: str, file_name: str) -> Response:
    opened = await bundling.open(signed)
    size_bytes, asked = opened.layout.size_bytes, request.headers
    headers = USER_BYTES | {
        "Accept-Ranges": "bytes",
        "ETag": opened.etag,
        "Cache-Control": "private, no-store",
        "Content-Disposition": disposition(file_name, "rushes.zip", ZIP_TYPE, is_download=True),
    }
    if is_unchanged(asked.get("if-none-match"), opened.etag):
        return Response(status_code=304, headers=headers)
    try:
        span = plan_span(asked.get("range"), asked.get("if-range"), opened.etag, size_bytes)
    except RangeNotSatisfiable as error:
        told = {"Content-Range": f"bytes */{size_bytes}", "Accept-Ranges": "bytes"}
        return answer(416, error.code, error.message, request_id_of(request), headers=told)
    headers |= {"Content-Length": str(span.length), "Content-Type": ZIP_TYPE}
    if span.is_partial:
        headers["Content-Range"] = span.content_range
    status = 206 if span.is_partial else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    pieces = bundling.read(opened, span.start, span.end)
    return StreamingResponse(pieces, status_code=status, headers=headers)
