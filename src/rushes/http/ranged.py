"""Bytes of an open file as an answer: whole, one range, or none of them for HEAD.

The file is read in threads, so a slow disk holds up nobody else, and it is closed however the
answer ends. What a person sent is never run by a browser: no sniffing, a sandbox, no referrer.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Final

from fastapi import Request
from fastapi.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from rushes.delivery.ranges import Span, is_unchanged, plan_span
from rushes.delivery.serve import Serving
from rushes.http.wire_exchange import FILE
from rushes.tiers.locate import Away, Copy

PIECE_BYTES: Final = 512 * 2**10

USER_BYTES: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-site",
}


class FileAnswer(StreamingResponse):
    """A span of an open file; the file is closed with the answer."""

    def __init__(self, file: int, span: Span, headers: dict[str, str]) -> None:
        """Answer with `span` of the descriptor `file`."""
        super().__init__(
            _read(file, span), status_code=206 if span.is_partial else 200, headers=headers
        )
        self._file = file
        self._span = span

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, and close the file."""
        try:
            if scope["method"] == "HEAD":
                await Response(status_code=self.status_code, headers=dict(self.headers))(
                    scope, receive, send
                )
            elif FILE in scope.get("extensions", {}):
                await self._send_by_kernel(send)
            else:
                await super().__call__(scope, receive, send)
        finally:
            os.close(self._file)

    async def _send_by_kernel(self, send: Send) -> None:
        """Let the server send it from the disk's cache (`wire_exchange`)."""
        start = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **start})
        if self._span.length:
            where = {"file": self._file, "offset": self._span.start, "count": self._span.length}
            await send({"type": FILE, **where})
        await send({"type": "http.response.body", "body": b""})


async def _read(file: int, span: Span) -> AsyncIterator[bytes]:
    at = span.start
    while at < span.end:
        piece = await asyncio.to_thread(os.pread, file, min(PIECE_BYTES, span.end - at), at)
        if not piece:
            raise OSError("The file became shorter while it was sent.")
        at += len(piece)
        yield piece


def answer_part(file: int, offset: int, size_bytes: int, headers: dict[str, str]) -> Response:
    """Return bytes of an open file from `offset` on, none of it in memory; it is closed then."""
    span = Span(offset, offset + size_bytes, size_bytes, is_partial=False)
    return FileAnswer(file, span, headers | {"Content-Length": str(size_bytes)})


def plan_asked(request: Request, found: Serving, copy: Copy | Away) -> Span:
    """Return which bytes a request asks for; they may be on their way from a store.

    Raises:
        RangeNotSatisfiable: none of them exists.
    """
    wanted, if_range = request.headers.get("range"), request.headers.get("if-range")
    return plan_span(wanted, if_range, found.etag, copy.size_bytes)


def answer_file(request: Request, found: Serving, copy: Copy) -> Response:
    """Return the bytes that a request asks for; the copy is closed with the answer.

    Raises:
        RangeNotSatisfiable: none of them exists; the copy is closed.
    """
    headers = USER_BYTES | {
        "Accept-Ranges": "bytes",
        "ETag": found.etag,
        "Cache-Control": f"private, max-age={found.max_age}",
        "Content-Disposition": found.disposition,
    }
    try:
        if is_unchanged(request.headers.get("if-none-match"), found.etag):
            os.close(copy.file)
            return Response(status_code=304, headers=headers)
        wanted, if_range = request.headers.get("range"), request.headers.get("if-range")
        span = plan_span(wanted, if_range, found.etag, copy.size_bytes)
    except BaseException:
        os.close(copy.file)
        raise
    headers |= {"Content-Type": found.media_type, "Content-Length": str(span.length)}
    if span.is_partial:
        headers["Content-Range"] = span.content_range
    return FileAnswer(copy.file, span, headers)
