"""Who calls, and may a browser have been tricked into it.

Rules of this file:
1. All under `/api/v1/` needs a caller, but for `OPEN`; `Gate` asks before a body is read.
2. What proves a caller is looked for in this order, and the first that is there decides: a link
   in the path (`/u/{token}/...`), `Rushes-Link`, `Authorization: Bearer`, the session's cookie.
3. The cookie alone is sent by browsers without their user's will: with it, what changes anything
   needs `X-Rushes-CSRF: 1`, which other sites cannot send, and our own origin where one is told.
   A GET that makes something needs that header, or the browser's word that our own page asks.
4. A session that lacks the second factor which is asked of it opens `/api/v1/session` alone.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from rushes.access.factor import FactorRequired
from rushes.access.identify import Access, Unauthenticated
from rushes.access.link import Link
from rushes.access.permit import Actor
from rushes.errors import Kind, RushesError
from rushes.settings import Settings

API: Final = "/api/v1/"
OPEN: Final = re.compile(r"(POST /api/v1/(session|setup|partners/[^/]+/webhook))/?")
"""What may be called by nobody: method and path."""

HALF_OPEN: Final = re.compile(r"/api/v1/session(/.*)?")
"""What a session may ask for before its second factor was added."""

LINK_PATH: Final = re.compile(r"/u/([^/]+)/.+")
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
MAKING: Final = re.compile(r"/s3/(params|multipart/[^/]+/[^/]+)/?")
"""GETs that make or prolong something: Companion's clients ask so, and we cannot change them."""

CSRF_HEADER: Final = "X-Rushes-CSRF"
LINK_HEADER: Final = "Rushes-Link"

SECURE_COOKIE: Final = "__Host-rushes"
"""The prefix binds the cookie to this host, to TLS and to the whole site (RFC 6265bis, 4.1.3.2)."""

PLAIN_COOKIE: Final = "rushes"
"""Its name over plain http, where no browser takes the other one."""

CALLER: Final = "rushes_caller"


class CsrfRefused(RushesError):
    """A browser sent the cookie, but not what shows that our own page asked for it."""

    code = "auth.csrf"
    kind = Kind.FORBIDDEN


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls; `link` is set where a link's token proved it."""

    actor: Actor
    link: Link | None = None


Identify: TypeAlias = Callable[[Request], Awaitable[Actor]]
"""Says who sent a request: `Callers.identify`."""


@dataclass(frozen=True, slots=True)
class Callers:
    """Finds out who calls."""

    access: Access
    settings: Settings

    async def identify(self, request: Request) -> Actor:
        """Return who calls.

        Raises:
            Unauthenticated: nobody that is known.
            LinkNotFound: a link's token that does not work.
            CsrfRefused: see rule 3.
        """
        return (await self.find_caller(request)).actor

    async def find_caller(self, request: Request) -> Caller:
        """Return who calls, with the link where they come by one; asked once for each request."""
        known = request.scope.setdefault("state", {}).get(CALLER)
        if isinstance(known, Caller):
            return known
        caller = await self._ask(request)
        request.scope["state"][CALLER] = caller
        return caller

    async def ask_again(self, request: Request) -> Actor:
        """Return who calls by now, where a request lasts.

        Raises:
            Unauthenticated: nobody that is known any more.
        """
        request.scope.setdefault("state", {}).pop(CALLER, None)
        return await self.identify(request)

    def find_base(self, request: Request) -> str:
        """Return the address that people use: the configured one, else the one that was asked."""
        if self.settings.base_url is not None:
            return self.settings.public_url
        return f"{request.url.scheme}://{request.url.netloc}"

    def find_upload_base(self, request: Request) -> str:
        """Return the address that bytes are sent to: its own where there is one."""
        told = self.settings.upload_url
        return self.find_base(request) if told is None else told.rstrip("/")

    async def has_session(self, request: Request) -> bool:
        """Say whether the caller is logged in."""
        cookie = self.find_cookie(request)
        if cookie is None:
            return False
        try:
            await self.access.identify_session(cookie)
        except Unauthenticated:
            return False
        return True

    def find_cookie(self, request: Request) -> str | None:
        """Return the session's cookie."""
        return request.cookies.get(self.cookie_name)

    @property
    def is_secure(self) -> bool:
        """Whether people come by TLS."""
        return self.settings.public_url.startswith("https:")

    @property
    def cookie_name(self) -> str:
        """How the session's cookie is called here."""
        return SECURE_COOKIE if self.is_secure else PLAIN_COOKIE

    def set_cookie(self, response: Response, value: str) -> None:
        """Give a session's cookie to the browser; it ends with the session, not before."""
        life = int(self.settings.access.session_absolute.total_seconds())
        response.set_cookie(
            self.cookie_name,
            value,
            max_age=life,
            path="/",
            secure=self.is_secure,
            httponly=True,
            samesite="lax",
        )

    def clear_cookie(self, response: Response) -> None:
        """Take the session's cookie back."""
        response.delete_cookie(
            self.cookie_name, path="/", secure=self.is_secure, httponly=True, samesite="lax"
        )

    async def _ask(self, request: Request) -> Caller:
        address = find_address(request)
        link_token = find_link_token(request)
        if link_token is not None:
            return Caller(*await self.access.identify_link(link_token, address))
        scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return Caller(await self.access.identify_token(credentials.strip()))
        cookie = self.find_cookie(request)
        if scheme or cookie is None:
            raise Unauthenticated("Log in, or send a token as `Authorization: Bearer`.")
        if request.method not in SAFE:
            self.refuse_tricks(request)
        elif MAKING.fullmatch(request.scope["path"]) is not None:
            self.refuse_tricks_in_reading(request)
        actor = await self.access.identify_session(cookie)
        if actor.is_half_proven and HALF_OPEN.fullmatch(request.scope["path"]) is None:
            raise FactorRequired(
                "This server asks for a second factor. Add one in the settings of your account."
            )
        return Caller(actor)

    def refuse_tricks(self, request: Request) -> None:
        """Return if our own page sent this request with the cookie.

        Raises:
            CsrfRefused: another site may have.
        """
        if request.headers.get(CSRF_HEADER) != "1":
            raise CsrfRefused(f"A change with the session's cookie needs `{CSRF_HEADER}: 1`.")
        self.refuse_strangers(request)

    def refuse_tricks_in_reading(self, request: Request) -> None:
        """Return if our own page sent this GET with the cookie.

        Raises:
            CsrfRefused: another site may have, by no more than an image's address.
        """
        is_told = any(name in request.headers for name in ("Sec-Fetch-Site", "Origin"))
        if not is_told and request.headers.get(CSRF_HEADER) != "1":
            raise CsrfRefused(
                f"With the session's cookie this needs `{CSRF_HEADER}: 1`, as it makes something."
            )
        self.refuse_strangers(request)

    def refuse_strangers(self, request: Request) -> None:
        """Return if no browser says that another site's page sent this request.

        Raises:
            CsrfRefused: it says so.
        """
        fetched_from = request.headers.get("Sec-Fetch-Site", "same-origin")
        origin = request.headers.get("Origin")
        is_ours = origin is None or origin.lower() in self._origins(request)
        if fetched_from != "same-origin" or not is_ours:
            raise CsrfRefused("A page of another site sent this. Do it on this server's own pages.")

    def _origins(self, request: Request) -> set[str]:
        public = urlsplit(self.settings.public_url)
        asked = f"{request.url.scheme}://{request.headers.get('Host', '')}"
        return {f"{public.scheme}://{public.netloc}".lower(), asked.lower()}


class Gate:
    """Asks who calls before anything else of the API looks at a request."""

    def __init__(self, app: ASGIApp, callers: Callers) -> None:
        self._app = app
        self._callers = callers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on whose caller is known, or need not be."""
        if scope["type"] == "http" and scope["path"].startswith(API):
            is_open = OPEN.fullmatch(f"{scope['method']} {scope['path']}") is not None
            if not is_open and scope["method"] != "OPTIONS":
                await self._callers.find_caller(Request(scope))
        await self._app(scope, receive, send)


def find_link_token(request: Request) -> str | None:
    """Return the link's token that a request brings, with its grant; the path wins."""
    path = LINK_PATH.fullmatch(request.url.path)
    return path[1] if path is not None else request.headers.get(LINK_HEADER)


def find_address(request: Request) -> str:
    """Return the caller's address, as the server (or a trusted proxy) says."""
    return request.client.host if request.client is not None else ""
