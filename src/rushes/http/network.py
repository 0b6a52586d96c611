"""The network test: timed bytes down and up, by which clients choose how much to send at once."""

from __future__ import annotations

import re
import secrets
import time
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from rushes.access.permit import Verb, permit
from rushes.access.rates import Rule
from rushes.errors import Kind, RushesError
from rushes.http.senders import Senders

KIB, MIB = 2**10, 2**20
DEFAULT_BYTES: Final = 100 * KIB
MOST_BYTES: Final = MIB
TESTS: Final = Rule("network-test", 60)
"""How often one caller may measure in a minute, down and up together."""

NAMED: Final = {"100kb": DEFAULT_BYTES, "1mb": MIB}
NEVER_KEPT: Final = {
    "Cache-Control": "no-store, no-cache, must-revalidate, proxy-revalidate",
    "Pragma": "no-cache",
    "Expires": "0",
}
"""For every cache on the way, old ones too: what it kept would be measured instead of the line."""

_NUMBER: Final = re.compile(r"[1-9][0-9]{0,14}", re.ASCII)
_BINARY: Final = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


class BadTestSize(RushesError):
    """The size of a network test is neither `100kb`, `1mb` nor a number of bytes."""

    code = "network_test.bad_size"
    kind = Kind.INVALID


class TestTooLarge(RushesError):
    """The body of a network test has more than 1 MiB."""

    code = "network_test.too_large"
    kind = Kind.TOO_LARGE


class MeasuredAnswer(BaseModel):
    """How many bytes came, and in how many seconds from the first to the last."""

    bytes: int
    seconds: float


def routes(senders: Senders) -> APIRouter:
    """Return the two routes."""
    router = APIRouter(prefix="/api/v1/network-test", tags=["uploads"])

    async def require(request: Request) -> None:
        caller = await senders.find_caller(request)
        permit(caller.actor, Verb.ADD_UPLOAD)
        await senders.count(TESTS, caller)

    @router.get(
        "",
        response_class=Response,
        responses={200: {"description": "Random bytes.", "content": _BINARY}},
    )
    async def test_download(
        request: Request,
        size: Annotated[
            str, Query(description="`100kb`, `1mb`, or a number of bytes; 1 MiB at most")
        ] = "100kb",
    ) -> Response:
        """Give random bytes; whoever times them knows the way down."""
        await require(request)
        body = secrets.token_bytes(parse_size(size))
        return Response(body, media_type="application/octet-stream", headers=NEVER_KEPT)

    @router.post(
        "",
        openapi_extra={"requestBody": {"required": True, "content": _BINARY}},
    )
    async def test_upload(request: Request) -> MeasuredAnswer:
        """Take bytes in, throw them away, and say how long they took."""
        await require(request)
        count, begun = 0, time.monotonic()
        async for piece in request.stream():
            if not count:
                begun = time.monotonic()
            count += len(piece)
            if count > MOST_BYTES:
                raise TestTooLarge(f"A network test has {MOST_BYTES} bytes at most. Send fewer.")
        return MeasuredAnswer(bytes=count, seconds=time.monotonic() - begun)

    return router


def parse_size(text: str) -> int:
    """Return how many bytes are asked for, at most 1 MiB.

    Raises:
        BadTestSize: the text is no size.
    """
    named = NAMED.get(text.lower())
    if named is None and _NUMBER.fullmatch(text) is None:
        raise BadTestSize("A size is 100kb, 1mb or a number of bytes from 1.")
    return named or min(MOST_BYTES, int(text))
