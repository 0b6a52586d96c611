"""Crowds: how many of something one address or one link may have open at once.

Counted in memory, per process. An address is one host of IPv4 or one /64 network of IPv6.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from rushes.access.rates import subject_of
from rushes.errors import Kind, RushesError
from rushes.sections import HttpSettings

SMALL_BYTES: Final = 64 * 2**10
"""A body this small is over before it could crowd anybody out."""

RETRY_SECONDS: Final = 1.0
LINK_PLACE: Final = re.compile(r"/u/([^/]+)/")


class TooManyUploads(RushesError):
    """An address or a link already sends as many bodies at once as it may."""

    code = "request.too_many_uploads"
    kind = Kind.LIMITED


class Crowd:
    """Who has how many open; `limit` 0 lets everybody in."""

    def __init__(self, limit: int) -> None:
        """Nobody is in."""
        self._limit = limit
        self._open: Counter[str] = Counter()

    def enter(self, subject: str) -> bool:
        """Let one more in, and say so; false: there are as many as may be."""
        if self._limit and self._open[subject] >= self._limit:
            return False
        self._open[subject] += 1
        return True

    def leave(self, subject: str) -> None:
        """Let one go."""
        self._open[subject] -= 1
        if self._open[subject] <= 0:
            del self._open[subject]


class Crowded:
    """Refuses a body where its sender already sends as many as it may."""

    def __init__(self, app: ASGIApp, settings: HttpSettings) -> None:
        self._app = app
        self._addresses = Crowd(settings.uploads_per_address)
        self._links = Crowd(settings.uploads_per_link)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, counted while it lasts.

        Raises:
            TooManyUploads: there are as many as may be.
        """
        if scope["type"] != "http" or not _has_large_body(headers := Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        entered: list[tuple[Crowd, str]] = []
        try:
            for crowd, subject in self._find_subjects(scope, headers):
                if not crowd.enter(subject):
                    raise TooManyUploads(
                        "As many uploads as may be at once come from this address or by this link. "
                        "Wait until one ends.",
                        retry_after=RETRY_SECONDS,
                    )
                entered.append((crowd, subject))
            await self._app(scope, receive, send)
        finally:
            for crowd, subject in entered:
                crowd.leave(subject)

    def _find_subjects(self, scope: Scope, headers: Headers) -> Iterator[tuple[Crowd, str]]:
        client = scope.get("client")
        yield self._addresses, subject_of(client[0] if client else "")
        place = LINK_PLACE.match(scope["path"])
        link = place[1] if place else headers.get("rushes-link")
        if link:
            yield self._links, link.partition("~")[0]


def _has_large_body(headers: Headers) -> bool:
    if "transfer-encoding" in headers:
        return True
    told = headers.get("content-length", "0")
    return told.isdecimal() and int(told) > SMALL_BYTES
