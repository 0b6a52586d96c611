"""Bytes that lie in a store which gives them out itself: the answer is where to get them.

A HEAD is answered here, as a signed address is good for one method only.
"""

from __future__ import annotations

from typing import Final

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from rushes.delivery.ranges import is_unchanged
from rushes.delivery.serve import Serving
from rushes.http.ranged import USER_BYTES
from rushes.tiers.locate import Away

ADDRESS_SECONDS: Final = 900
"""Life of a store's signed address: enough to begin; a player asks us again for each range."""


def answer_away(request: Request, found: Serving, copy: Away) -> Response:
    """Lead to the bytes, or say what a HEAD asks of them."""
    headers = USER_BYTES | {"ETag": found.etag, "Accept-Ranges": "bytes"}
    if is_unchanged(request.headers.get("if-none-match"), found.etag):
        return Response(status_code=304, headers=headers)
    if request.method == "HEAD":
        headers |= {
            "Content-Type": found.media_type,
            "Content-Length": str(copy.size_bytes),
            "Content-Disposition": found.disposition,
        }
        return Response(headers=headers)
    address = copy.address(ADDRESS_SECONDS, found.disposition, found.media_type)
    return RedirectResponse(
        address, status_code=302, headers=USER_BYTES | {"Cache-Control": "no-store"}
    )
