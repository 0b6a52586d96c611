"""Trailers: what a sender tells after a chunked body. Told apart from what stands before it.

The web server appends trailers to the request's headers, where a header could come that decided
something already. So the list is divided at the first touch of a request; what comes later is found
under `rushes.trailers` alone (RFC 9110, section 6.5.1: trailers are not merged).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from starlette.types import ASGIApp, Receive, Scope, Send

EXTENSION: Final = "rushes.trailers"

Fields: TypeAlias = "list[tuple[bytes, bytes]]"
Trailing: TypeAlias = Callable[[], Fields]
"""Returns what came after the body so far."""


class Trailers:
    """Divides a request's headers from what comes after its body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with the headers that were there before its body."""
        if scope["type"] == "http" and EXTENSION not in scope.get("extensions", {}):
            scope = {**scope, **_divide(scope)}
        await self._app(scope, receive, send)


def find_trailer(scope: Scope, name: str) -> str | None:
    """Return what was told under a name after the body; doubled, it is joined by commas."""
    trailing: Trailing | None = scope.get("extensions", {}).get(EXTENSION)
    if trailing is None:
        return None
    wanted = name.lower().encode()
    found = [value.decode("latin-1") for key, value in trailing() if key.lower() == wanted]
    return ",".join(found) or None


def _divide(scope: Scope) -> dict[str, object]:
    fields: Fields = scope["headers"]
    count = len(fields)
    extensions = {**scope.get("extensions", {}), EXTENSION: lambda: fields[count:]}
    return {"headers": fields[:count], "extensions": extensions}
