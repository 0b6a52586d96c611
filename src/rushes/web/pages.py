"""The pages: which address shows what, and what every other address gets.

/                  /setup, /login or the library
/setup, /login     before and at the door
/docs              the API reference, and under /docs/errors every code with what helps
/u/{token}         the upload page of a link, or the reason why it is not open
/s/{token}         what a share shows, or the reason why it is closed
/embed/{token}     the same inside a page of a site that the share names; /e/{token} leads there
/app/...           the portal; the only addresses that fall back to one shell
/assets/...        the bundle
anything else      a page that says so, with 404; programs get their problem document
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from rushes.errors import Kind, RushesError
from rushes.http.auth import find_address
from rushes.http.problem import STATUSES as STATUS_OF
from rushes.http.problem import request_id_of
from rushes.web.assets import PREFIX, STATIC, answer_asset, answer_icon, find_bundle
from rushes.web.link import STATUSES, LinkOpen, LinkRefused, Refusal, describe_facts
from rushes.web.manual import Manual
from rushes.web.shell import Shell
from rushes.web.showing import FindShare, ShowPages

LIBRARY: Final = "/app/library"

TOLD: Final = ("ended", "left")
"""Why somebody stands at the door: their session ended, or they left."""

TOKEN: Final = re.compile(r"[A-Za-z0-9_.~-]{1,200}", re.ASCII)
"""What a link's token, with or without a grant behind it, is made of."""

OF_PROGRAMS: Final = (
    "/api/", "/files/", "/uploads/", "/s3/", "/p/", "/assets/", "/docs/", "/metrics", "/openapi",
)  # fmt: skip
"""Addresses of programs: what is unknown below them is answered to programs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSource:
    """What pages ask the house; `compose` and the command line put the real answers in."""

    find_link: Callable[[str, str], Awaitable[LinkOpen | LinkRefused]]
    """Look at a link by its token and the caller's address. May raise a `RushesError` (an address
    that tried too many tokens)."""
    is_set_up: Callable[[], Awaitable[bool]]
    """Whether there is an account that may log in."""
    has_session: Callable[[Request], Awaitable[bool]]
    """Whether the caller is logged in."""
    media_origins: tuple[str, ...] = ()
    """Origins that media come from, beside our own."""
    direct_origin: str | None = None
    """Where browsers send large files to themselves; None: they send all of them to us."""
    find_share: FindShare | None = None
    """Look at a share; None: there are no shares."""
    upload_origin: str | None = None
    """Where bytes are sent that come to us; None: where the pages come from."""
    provider: str | None = None
    """What people call the provider of identities that vouches for them; None: there is none."""


def add_pages(app: FastAPI, source: PageSource, *, static: Path = STATIC) -> None:
    """Add every page to the app, as its last routes: they take only what nobody else takes."""
    bundle = find_bundle(static)
    beside = (source.direct_origin, source.upload_origin)
    stores = tuple(origin for origin in beside if origin is not None)
    shell = Shell(bundle, media_origins=source.media_origins, store_origins=stores)
    pages = _Pages(shell, source)
    manual = Manual(shell, app.openapi)
    for path, page in (
        ("/", pages.start),
        ("/setup", pages.setup),
        ("/login", pages.login),
        ("/docs", manual.reference),
        ("/docs/errors", manual.errors),
        ("/u/{token}", pages.upload),
        ("/app", pages.portal),
        ("/app/{path:path}", pages.portal),
    ):
        app.add_route(path, page, methods=["GET"], include_in_schema=False)
    if source.find_share is not None:
        showing = ShowPages(shell, source.find_share, pages.trouble)
        app.add_route("/s/{token}", showing.share, methods=["GET"], include_in_schema=False)
        app.add_route("/embed/{token}", showing.embed, methods=["GET"], include_in_schema=False)
        app.add_route("/e/{token}", showing.lead, methods=["GET"], include_in_schema=False)
    if bundle is not None:
        asset = _to_async(partial(answer_asset, bundle))
        app.add_route(f"{PREFIX}{{name:path}}", asset, methods=["GET"], include_in_schema=False)
        icon = _to_async(partial(answer_icon, bundle))
        app.add_route("/favicon.svg", icon, methods=["GET"], include_in_schema=False)
    app.router.default = _Unknown(pages, app.router.default)


def _to_async(answer: Callable[[Request], Response]) -> Callable[[Request], Awaitable[Response]]:
    async def answered(request: Request) -> Response:
        return answer(request)

    return answered


class _Pages:
    """The pages, each a question to the house and a template."""

    def __init__(self, shell: Shell, source: PageSource) -> None:
        self._shell = shell
        self._source = source

    async def start(self, request: Request) -> Response:
        """Lead to where one can begin."""
        if not await self._source.is_set_up():
            return _lead("/setup")
        return _lead(LIBRARY if await self._source.has_session(request) else "/login")

    async def setup(self, request: Request) -> Response:
        """Show the first form of all, once."""
        del request
        if await self._source.is_set_up():
            return self._shell.answer("set_up.html", "login", status=409)
        return self._shell.answer("setup.html", "login", private=True)

    async def login(self, request: Request) -> Response:
        """Show the door; whoever is inside already goes on."""
        if not await self._source.is_set_up():
            return _lead("/setup")
        asked = request.query_params
        following = asked.get("next", "")
        return self._shell.answer(
            "login.html",
            "login",
            told=next((word for word in TOLD if word in asked), None),
            failed=asked.get("failed", "").rpartition(".")[2],
            vouched="vouched" in asked,
            provider=self._source.provider,
            away=f"/login/oidc?{urlencode({'next': following})}" if following else "/login/oidc",
        )

    async def upload(self, request: Request) -> Response:
        """Show an upload link's page, or why it is not open."""
        token = request.path_params["token"]
        try:
            link = await self._find_link(token, find_address(request))
        except RushesError as error:
            return self.trouble(error, request)
        if isinstance(link, LinkRefused):
            is_locked = link.reason is Refusal.LOCKED
            return self._shell.answer(
                "locked.html" if is_locked else "refused.html",
                "login",
                status=STATUSES[link.reason],
                private=True,
                link=link,
            )
        return self._shell.answer(
            "upload.html",
            "upload",
            private=True,
            link=link,
            facts=json.dumps(describe_facts(link, token)),
            address=f"{link.upload_base or str(request.base_url).rstrip('/')}/u/{token}/files/",
        )

    async def _find_link(self, token: str, address: str) -> LinkOpen | LinkRefused:
        if TOKEN.fullmatch(token) is None:
            return LinkRefused(reason=Refusal.UNKNOWN)
        return await self._source.find_link(token, address)

    def trouble(self, error: RushesError, request: Request) -> Response:
        """Say in words why a page cannot be shown now; of a mistake of ours, its id alone."""
        page = self._shell.answer(
            "trouble.html",
            "login",
            status=STATUS_OF[error.kind],
            private=True,
            words="" if error.kind is Kind.BROKEN else error.message,
            request_id=request_id_of(request.scope),
        )
        if error.retry_after is not None:
            page.headers["Retry-After"] = str(max(1, round(error.retry_after)))
        return page

    async def portal(self, request: Request) -> Response:
        """Show the portal's shell; its program reads the address, and asks the API who is there."""
        if request.url.path in {"/app", "/app/"}:
            return _lead(LIBRARY)
        direct = None if self._source.direct_origin is None else "/s3"
        return self._shell.answer("portal.html", "portal", direct=direct)

    def missing(self) -> Response:
        """Say that there is nothing here."""
        return self._shell.answer("missing.html", "login", status=404)


class _Unknown:
    """What is behind every route: a page for people, the usual answer for programs."""

    def __init__(self, pages: _Pages, otherwise: ASGIApp) -> None:
        self._pages = pages
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _is_of_people(scope):
            await self._pages.missing()(scope, receive, send)
        else:
            await self._otherwise(scope, receive, send)


def _is_of_people(scope: Scope) -> bool:
    path: str = scope["path"]
    return scope["method"] in {"GET", "HEAD"} and not f"{path}/".startswith(OF_PROGRAMS)


def _lead(path: str) -> Response:
    return RedirectResponse(path, 303, headers={"Cache-Control": "no-store"})
