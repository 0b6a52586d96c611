"""Bytes of an open file as an answer: whole, one range, or none of them for HEAD.

The file is read in threads, so a slow disk holds up nobody else, and it is closed however the
answer ends. What a person sent is never run by a browser: no sniffing, a sandbox, no referrer.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
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
    """Parts of an open file; the file is closed with the answer."""

    def __init__(
        self,
        file: int,
        parts: Sequence[tuple[int, int]],
        headers: dict[str, str],
        *,
        is_partial: bool = False,
    ) -> None:
        """Answer with these parts of the descriptor `file`, each from its start to its end."""
        super().__init__(
            _read(file, parts), status_code=206 if is_partial else 200, headers=headers
        )
        self._file = file
        self._parts = parts

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
        begin = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **begin})
        for start, end in self._parts:
            if start < end:
                where = {"file": self._file, "offset": start, "count": end - start}
                await send({"type": FILE, **where})
        await send({"type": "http.response.body", "body": b""})


async def _read(file: int, parts: Sequence[tuple[int, int]]) -> AsyncIterator[bytes]:
    for start, end in parts:
        at = start
        while at < end:
            piece = await asyncio.to_thread(os.pread, file, min(PIECE_BYTES, end - at), at)
            if not piece:
                raise OSError("The file became shorter while it was sent.")
            at += len(piece)
            yield piece


def answer_part(file: int, offset: int, size_bytes: int, headers: dict[str, str]) -> Response:
    """Return bytes of an open file from `offset` on, none of it in memory; it is closed then."""
    parts = [(offset, offset + size_bytes)]
    return FileAnswer(file, parts, headers | {"Content-Length": str(size_bytes)})


def plan_asked(request: Request, found: Serving, copy: Copy | Away) -> Span:
    """Return which bytes a request asks for; they may be on their way from a store.

    Raises:
        RangeNotSatisfiable: none of them exists.
    """
    wanted, if_range = request.headers.get("range"), request.headers.get("if-range")
    return plan_span(wanted, if_range, found.etag, found.overlay.size_of(copy.size_bytes))


def answer_file(request: Request, found: Serving, copy: Copy) -> Response:
    """Return the bytes that a request asks for; the copy is closed with the answer.

    Raises:
        RangeNotSatisfiable: none of them exists; the copy is closed.
    """
    headers = _headers(found)
    try:
        if is_unchanged(request.headers.get("if-none-match"), found.etag):
            os.close(copy.file)
            return Response(status_code=304, headers=headers)
        span = plan_asked(request, found, copy)
    except BaseException:
        os.close(copy.file)
        raise
    parts = found.overlay.parts_of(span.start, span.end)
    told = headers | _told(found, span)
    return FileAnswer(copy.file, parts, told, is_partial=span.is_partial)


async def answer_through(request: Request, found: Serving, copy: Away) -> Response:
    """Return bytes that no store gives by itself, as they are a file within an object of it.

    Raises:
        RangeNotSatisfiable: none of them exists.
        Broken, NotFound, Unreachable, Busy, Refused: the store failed before it gave any.
    """
    headers = _headers(found)
    if is_unchanged(request.headers.get("if-none-match"), found.etag):
        return Response(status_code=304, headers=headers)
    span = plan_asked(request, found, copy)
    status, told = 206 if span.is_partial else 200, headers | _told(found, span)
    if request.method == "HEAD":
        return Response(status_code=status, headers=told)
    pieces = _fetch(copy, found.overlay.parts_of(span.start, span.end))
    first = await anext(pieces, b"")  # a store that fails is told before there is an answer
    return StreamingResponse(_follow(first, pieces), status_code=status, headers=told)


async def _fetch(copy: Away, parts: Sequence[tuple[int, int]]) -> AsyncGenerator[bytes, None]:
    for start, end in parts:
        async for piece in copy.store.get(copy.key, start, end):
            yield piece


async def _follow(first: bytes, pieces: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    async with aclosing(pieces):
        yield first
        async for piece in pieces:
            yield piece


def _headers(found: Serving) -> dict[str, str]:
    return USER_BYTES | {
        "Accept-Ranges": "bytes",
        "ETag": found.etag,
        "Cache-Control": f"private, max-age={found.max_age}",
        "Content-Disposition": found.disposition,
    }


def _told(found: Serving, span: Span) -> dict[str, str]:
    told = {"Content-Type": found.media_type, "Content-Length": str(span.length)}
    return told | ({"Content-Range": span.content_range} if span.is_partial else {})
