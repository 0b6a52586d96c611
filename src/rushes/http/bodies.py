"""Bodies that are read as they come, and answers given before a body is read.

An answer to a request whose body still comes is lost if the connection is closed at once: the
sender's bytes meet a closed port, and the reset hides the answer. So the answer goes out first, and
what comes after it is thrown away for a while (RFC 9112, section 9.6). Our own server does so by
itself (`wire_exchange`); here it is done over any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from rushes.http.trailers import find_trailer
from rushes.http.wire_body import LINGER_BYTES, LINGER_SECONDS, read_pieces
from rushes.http.wire_exchange import SMALL_BYTES, find_exchange
from rushes.uploads.inflow import Body, BodyCut


class Incoming:
    """The body of one request."""

    def __init__(self, request: Request) -> None:
        """Nothing is read yet."""
        self._exchange = find_exchange(request.scope)
        self._receive = request.receive
        self._scope = request.scope
        self._length = request.headers.get("content-length")
        self._is_awaited = "expect" in request.headers
        is_chunked = "transfer-encoding" in request.headers
        self._is_over = not is_chunked and (self._length or "0") == "0"

    @property
    def is_over(self) -> bool:
        """Whether nothing of it is left to read."""
        return self._is_over or (self._exchange is not None and self._exchange.is_body_over)

    @property
    def is_small(self) -> bool:
        """Whether it costs less to read it than to close the connection."""
        told = self._length is not None and self._length.isdecimal()
        return told and int(self._length or 0) <= SMALL_BYTES and not self._is_awaited

    def find_trailer(self, name: str) -> str | None:
        """Return a field that came after the body, once the body is read; None: none did."""
        return find_trailer(self._scope, name)

    def read(self) -> Body:
        """Return what the body comes from: where the server can, filled buffers.

        Its pieces, read one by one, raise `BodyCut` when the sender is gone.
        """
        source = None if self._exchange is None else self._exchange.take_body()
        return self._pieces() if source is None else source

    async def _pieces(self) -> AsyncIterator[bytes]:
        if self._is_over:
            return
        async for piece, is_last in read_pieces(self._receive):
            self._is_over = is_last
            if piece:
                yield piece

    async def discard(self) -> None:
        """Throw away what still comes, for a while."""
        left = LINGER_BYTES
        try:
            async with asyncio.timeout(LINGER_SECONDS):
                async for piece in self._pieces():
                    left -= len(piece)
                    if left <= 0:
                        return
        except (TimeoutError, BodyCut):
            return


class Unhurried(Response):
    """An answer that may come before the end of the request's body."""

    def __init__(self, answer: Response, incoming: Incoming, *, lingers: bool = True) -> None:
        """Send `answer`; with `lingers` false the connection is closed right after it.

        An answer that streams goes out as it is: it has to be sent to let go of what it reads.
        """
        self._answer = answer
        self._incoming = incoming
        self._lingers = lingers
        super().__init__(status_code=answer.status_code)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer, let the body run out, close."""
        exchange = find_exchange(scope)
        if exchange is not None:  # our server does the rest by itself, for every answer
            exchange.lingers = self._lingers
            await self._answer(scope, receive, send)
            return
        if not self._incoming.is_over and self._incoming.is_small and self._lingers:
            await self._incoming.discard()
        answer = self._answer
        if not self._incoming.is_over:
            answer.headers["Connection"] = "close"
        if self._incoming.is_over or isinstance(answer, StreamingResponse):
            await answer(scope, receive, send)
            return
        await send(
            {
                "type": "http.response.start",
                "status": answer.status_code,
                "headers": answer.raw_headers,
            }
        )
        await send({"type": "http.response.body", "body": answer.body, "more_body": True})
        if self._lingers:
            await self._incoming.discard()
        await send({"type": "http.response.body", "body": b"", "more_body": False})
