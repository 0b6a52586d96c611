"""Who calls is told to the audit: the address, the program, and the id of the request."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from rushes.events.origin import called_by, trim
from rushes.http.problem import request_id_of

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
LOGIN: Final = "/login/"
"""Below it stand the addresses of log-ins by a provider: GETs that open sessions."""


class Called:
    """Notes the caller of each request that may change something; behind proxies and `Edge`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; events that are recorded meanwhile are the caller's."""
        is_reading = scope["type"] != "http" or scope["method"] in SAFE
        if is_reading and not scope.get("path", "").startswith(LOGIN):
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        agent = Headers(scope=scope).get("user-agent", "")
        with called_by(trim(client[0] if client else "", agent, request_id_of(scope))):
            await self._app(scope, receive, send)
