"""The pages of a share: where it is looked at, where another site embeds it, why it is closed."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from rushes.errors import RushesError
from rushes.http.auth import find_address
from rushes.web.shell import Shell

TOKEN: Final = re.compile(r"[A-Za-z0-9_~-]{1,200}", re.ASCII)
"""What a share's token, with or without a pass behind it, is made of."""

STATUSES: Final = {
    "share.not_found": 404,
    "share.expired": 410,
    "share.revoked": 410,
    "share.used_up": 410,
}
"""Refusals that have a page of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareOpen:
    """What the page of a share says before the visit begins; of a locked one, no words."""

    share_id: str
    title: str = ""
    message: str = ""
    client: str = ""
    project: str = ""
    expires_at: datetime | None = None
    color: str | None = None
    logo_url: str | None = None
    origins: tuple[str, ...] = ()
    is_locked: bool = False

    @property
    def name(self) -> str:
        """What the page is called: its maker's title, else the project."""
        return self.title or self.project


FindShare = Callable[[str, str], Awaitable[ShareOpen]]
"""Looks at a share by its token and the caller's address; raises a `RushesError` of `STATUSES`, or
another one."""

Trouble = Callable[[RushesError, Request], Response]


class ShowPages:
    """The pages, over one way to find a share."""

    def __init__(self, shell: Shell, find_share: FindShare, trouble: Trouble) -> None:
        self._shell = shell
        self._find_share = find_share
        self._trouble = trouble

    async def share(self, request: Request) -> Response:
        """Show what is shared."""
        return await self._answer(request, "share.html")

    async def embed(self, request: Request) -> Response:
        """Show what is shared inside another site's page; the share names which sites may."""
        return await self._answer(request, "embed.html")

    async def lead(self, request: Request) -> Response:
        """Lead from the short address of an embed to it."""
        token = request.path_params["token"]
        if TOKEN.fullmatch(token) is None:
            return self._refuse("share.not_found")
        return RedirectResponse(f"/embed/{token}", 308, headers={"Cache-Control": "no-store"})

    async def _answer(self, request: Request, template: str) -> Response:
        token = request.path_params["token"]
        if TOKEN.fullmatch(token) is None:
            return self._refuse("share.not_found")
        try:
            share = await self._find_share(token, find_address(request))
        except RushesError as error:
            if error.code in STATUSES:
                return self._refuse(error.code)
            return self._trouble(error, request)
        is_embedded = template == "embed.html"
        page = self._shell.answer(
            template,
            "watch",
            private=True,
            ancestors=share.origins if is_embedded else (),
            share=share,
            embedded=is_embedded,
            facts=json.dumps(_describe(share, token, is_embedded=is_embedded)),
        )
        if is_embedded:  # an embedding page reads nothing of it, and must be able to show it
            page.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return page

    def _refuse(self, code: str) -> Response:
        reason = code.partition(".")[2]
        return self._shell.answer(
            "share_refused.html", "login", status=STATUSES[code], private=True, reason=reason
        )


def _describe(share: ShareOpen, token: str, *, is_embedded: bool) -> dict[str, object]:
    """Return what the page's program needs; its other side is web/public/watch.ts."""
    return {
        "token": token,
        "shareId": share.share_id,
        "locked": share.is_locked,
        "embedded": is_embedded,
        "color": share.color,
        "origins": share.origins,
    }
