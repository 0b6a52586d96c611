"""What holds for every request and answer: known hosts, body sizes, set-up first, headers.

Rules of this file:
1. A `Host` that is not ours is refused: no page of another name reaches us through a browser.
2. A route may set a header of `HEADERS` itself; then its own stays.
3. Until there is a first admin, only health, the pages of set-up with their files, and the
   documents that say how all of it works are there.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Final
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rushes.errors import Kind, RushesError
from rushes.http.auth import API, Callers, Gate
from rushes.http.callers import Called
from rushes.http.cors import Cors, origin_of
from rushes.http.crowd import Crowded
from rushes.http.meters import Measured, Meters
from rushes.http.problem import Edge, add_problems
from rushes.http.proxies import Forwarded
from rushes.http.trailers import Trailers
from rushes.settings import Settings

HEADERS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
)
STRICT_TRANSPORT: Final = "max-age=63072000"
SECRET_PATHS: Final = ("/u/", "/s/", "/p/", "/embed/", "/setup")
"""Addresses that hold a secret: they are told to nobody as a referrer."""

BEFORE_SETUP: Final = re.compile(
    r"/(|setup|healthz|readyz|metrics|login|favicon\.svg|assets/.*|api/v1/setup"
    r"|docs|docs/errors|openapi\.json)"
)

RAW: Final = re.compile(r"(/u/[^/]+)?/uploads/[^/]*")
"""Where a JSON file may be sent as the file that it is."""

HOST: Final = re.compile(r"([a-z0-9_.-]{1,253}|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?", re.ASCII)
SETUP_RETRY_SECONDS: Final = 30.0

IsSetUp = Callable[[], Awaitable[bool]]


class HostUnknown(RushesError):
    """The request was sent to a name that is not ours."""

    code = "request.host_unknown"
    kind = Kind.INVALID


class BodyTooLarge(RushesError):
    """A JSON body is larger than the setting allows."""

    code = "request.too_large"
    kind = Kind.TOO_LARGE


class SetupRequired(RushesError):
    """There is no account yet."""

    code = "setup.required"
    kind = Kind.UNAVAILABLE


class PlainHttpRefused(RushesError):
    """Passwords would cross a network that anybody may read."""

    code = "settings.plain_http"
    kind = Kind.INVALID


def protect(
    app: FastAPI,
    settings: Settings,
    callers: Callers,
    is_set_up: IsSetUp,
    meters: Meters | None = None,
) -> None:
    """Put every guard before the app's routes, and give every error its problem."""
    add_problems(app)
    app.add_middleware(Gate, callers=callers)
    app.add_middleware(Guard, settings=settings, is_set_up=is_set_up)
    app.add_middleware(Called)
    app.add_middleware(Crowded, settings=settings.http)
    app.add_middleware(Edge)
    app.add_middleware(Measured, meters=meters or Meters())
    own = None if settings.upload_url is None else origin_of(settings.public_url)
    app.add_middleware(Cors, settings=settings.http, own_origin=own)
    app.add_middleware(Dressed, is_secure=settings.public_url.startswith("https:"))
    app.add_middleware(Forwarded, trusted=settings.http.trusted_proxies)
    app.add_middleware(Trailers)


def require_safe_transport(settings: Settings) -> None:
    """Return if passwords stay unread on their way here.

    Raises:
        PlainHttpRefused: plain http beyond loopback, and nobody said that this is wanted.
    """
    address = urlsplit(settings.public_url)
    is_near = is_loopback(settings.host) and is_loopback(address.hostname or "")
    if address.scheme != "https" and not is_near and not settings.http.insecure:
        raise PlainHttpRefused(
            "Log-in over plain http is for this machine alone. Set RUSHES_BASE_URL to the https "
            "address of your proxy, or RUSHES_HTTP_INSECURE=true for a network that you trust."
        )


def is_loopback(host: str) -> bool:
    """Say whether a host, by name or number, is this machine itself."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Dressed:
    """Gives every answer the headers that browsers obey."""

    def __init__(self, app: ASGIApp, *, is_secure: bool) -> None:
        self._app = app
        self._is_secure = is_secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; its answer goes out dressed."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _list_headers(scope["path"], is_secure=self._is_secure):
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, dressed)


class Guard:
    """Refuses what no route should see."""

    def __init__(self, app: ASGIApp, settings: Settings, is_set_up: IsSetUp) -> None:
        self._app = app
        self._settings = settings
        self._is_set_up = is_set_up
        self._was_set_up = False
        self._hosts = _known_hosts(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            self._check_host(headers.get("host", ""))
            if BEFORE_SETUP.fullmatch(scope["path"]) is None:
                await self._check_setup()
            if _is_json(headers) and RAW.fullmatch(scope["path"]) is None:
                receive = self._limit(headers, receive)
        await self._app(scope, receive, send)

    def _check_host(self, text: str) -> None:
        host = _host_name(text)
        if host not in self._hosts and not is_loopback(host):
            raise HostUnknown(
                "This server does not answer to this name. Set RUSHES_BASE_URL to the address "
                "that people use, or add the name to RUSHES_HTTP_ALLOWED_HOSTS."
            )

    async def _check_setup(self) -> None:
        if not self._was_set_up:
            self._was_set_up = await self._is_set_up()
        if not self._was_set_up:
            raise SetupRequired(
                "There is no account yet. Open /setup with the token that the server printed.",
                retry_after=SETUP_RETRY_SECONDS,
            )

    def _limit(self, headers: Headers, receive: Receive) -> Receive:
        """Refuse a body that says it is too large, and count one that says nothing."""
        limit = self._settings.http.max_json_bytes
        told = headers.get("content-length", "0")
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise _too_large(limit)
            return message

        if told.isdecimal() and int(told) > limit:
            raise _too_large(limit)
        return counted


def _is_json(headers: Headers) -> bool:
    return headers.get("content-type", "").partition(";")[0].strip().endswith("json")


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"A JSON body has {limit} bytes at most. Send less at once.")


def _list_headers(path: str, *, is_secure: bool) -> Iterator[tuple[str, str]]:
    yield from HEADERS
    is_secret = path.startswith(SECRET_PATHS)
    yield "Referrer-Policy", "no-referrer" if is_secret else "strict-origin-when-cross-origin"
    is_embed = path.startswith("/embed/")
    yield "Cross-Origin-Resource-Policy", "cross-origin" if is_embed else "same-site"
    if path.startswith(API):
        yield "Cache-Control", "no-store"
    if is_secure:
        yield "Strict-Transport-Security", STRICT_TRANSPORT


def _known_hosts(settings: Settings) -> frozenset[str]:
    """Return the names that are answered, beside loopback's."""
    urls = (settings.public_url, settings.upload_url or "")
    names = {settings.host, *(urlsplit(url).hostname or "" for url in urls)}
    names |= {*settings.http.allowed_hosts}
    return frozenset(name.lower() for name in names if name)  # a bad `Host` is read as no name


def _host_name(text: str) -> str:
    """Return the name of a `Host` header, without its port; empty where it is none."""
    form = HOST.fullmatch(text.lower())
    return "" if form is None else form[1].strip("[]")
