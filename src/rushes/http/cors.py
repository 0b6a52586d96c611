"""Which pages of other sites may call: exact origins for the API, any page for upload links.

A preflight is answered here, before tus sees an OPTIONS of its own. Credentials are never allowed:
other sites call with a token, or with a link.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import httpx
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rushes.sections import HttpSettings

ANY: Final = "*"
LINK_SENDING: Final = re.compile(r"/u/[^/]+/(files|uploads|s3|unlock)(/.*)?")
WITH_LINK: Final = re.compile(r"(/files|/uploads|/s3|/api/v1/uploads)(/.*)?")
"""Addresses that take a link's token as a header."""

METHODS: Final = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
REQUEST_HEADERS: Final = (
    "Authorization, Content-Disposition, Content-Type, Content-Digest, If-Match, Idempotency-Key, "
    "Repr-Digest, Rushes-Link, Tus-Resumable, Upload-Checksum, Upload-Complete, Upload-Concat, "
    "Upload-Defer-Length, Upload-Draft-Interop-Version, Upload-Incomplete, Upload-Length, "
    "Upload-Metadata, Upload-Offset, Want-Repr-Digest, X-Chunk-Hash, X-HTTP-Method-Override, "
    "X-Requested-With"
)
EXPOSED: Final = (
    "Location, ETag, Accept-Patch, Content-Range, Repr-Digest, Retry-After, RateLimit, "
    "RateLimit-Policy, X-Request-Id, Tus-Checksum-Algorithm, Tus-Extension, Tus-Max-Size, "
    "Tus-Resumable, Tus-Version, Upload-Complete, Upload-Concat, Upload-Defer-Length, "
    "Upload-Draft-Interop-Version, Upload-Expires, Upload-Incomplete, Upload-Length, "
    "Upload-Limit, Upload-Metadata, Upload-Offset"
)
PREFLIGHT_SECONDS: Final = 600


def origin_of(url: str) -> str:
    """Return the origin of an address, as browsers write it.

    The scheme's usual port is left out, names are in punycode, IPv6 stands in brackets; what is no
    address stays as it is: https://html.spec.whatwg.org/multipage/browsers.html#origin
    """
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        told = urlsplit(url)
        return f"{told.scheme}://{told.netloc}".lower()
    host = address.raw_host.decode()
    if ":" in host:
        host = f"[{ip_address(host)}]"
    port = "" if address.port is None else f":{address.port}"
    return f"{address.scheme}://{host}{port}"


class Cors:
    """Answers preflights, and tells browsers who may read an answer."""

    def __init__(self, app: ASGIApp, settings: HttpSettings, own_origin: str | None = None) -> None:
        """`own_origin` is that of our pages, where they send bytes to another address of ours."""
        self._app = app
        self._settings = settings
        self._own_origin = own_origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; one without `Origin` is none of ours."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        allowed = self._allow(scope["path"], headers)
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await _answer_preflight(allowed)(scope, receive, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                _mark(MutableHeaders(scope=message), allowed)
            await send(message)

        await self._app(scope, receive, marked)

    def _allow(self, path: str, headers: Headers) -> str | None:
        """Return the origin that may read the answer, `*` for every one, or None."""
        origin = headers.get("origin", "")
        asked = headers.get("access-control-request-headers", "").lower()
        is_header = "rushes-link" in headers or "rushes-link" in asked
        is_link = LINK_SENDING.fullmatch(path) is not None
        if is_link or (is_header and WITH_LINK.fullmatch(path) is not None):
            if ANY in self._settings.link_origins:
                return ANY
            if origin and origin in {self._own_origin, *self._settings.link_origins}:
                return origin
        is_known = origin not in {"", "null"} and origin in self._settings.cors_origins
        return origin if is_known else None


def _answer_preflight(allowed: str | None) -> Response:
    response = Response(status_code=204)
    if allowed is not None:
        response.headers["Access-Control-Allow-Methods"] = METHODS
        response.headers["Access-Control-Allow-Headers"] = REQUEST_HEADERS
        response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
    _mark(response.headers, allowed)
    return response


def _mark(headers: MutableHeaders, allowed: str | None) -> None:
    headers.add_vary_header("Origin")
    if allowed is not None:
        headers["Access-Control-Allow-Origin"] = allowed
        headers["Access-Control-Expose-Headers"] = EXPOSED
