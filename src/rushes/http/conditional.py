"""`If-None-Match` on single resources: who has read one already hears that it is the same.

Routes mark what can be changed with its revision, `"5"`. An answer to GET says more than that (how
often a link was used), so its tag goes on with a digest of the answer, `"5-1f9a..."`. `If-Match`
asks for the revision alone, `If-None-Match` for the whole (RFC 9110, section 13).
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rushes.delivery.ranges import is_unchanged
from rushes.http.auth import API

READING: Final = frozenset({"GET"})
REVISION: Final = re.compile(r'"[0-9]{1,18}"', re.ASCII)
DIGEST_DIGITS: Final = 16
BODY_HEADERS: Final = ("content-length", "content-type")
OK: Final = 200
NOT_MODIFIED: Final = 304


class Conditional:
    """Answers 304 where the caller has read the same already."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; of a marked answer the tag is completed."""
        is_read = scope["type"] == "http" and scope["method"] in READING
        if not is_read or not scope["path"].startswith(API):
            await self._app(scope, receive, send)
            return
        asked = Headers(scope=scope).get("if-none-match")
        await self._app(scope, receive, _Marking(send, asked).take)


class _Marking:
    """Holds a marked answer back until its digest is known; any other passes through."""

    def __init__(self, send: Send, asked: str | None) -> None:
        self._send = send
        self._asked = asked
        self._start: Message | None = None
        self._body = bytearray()

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_marked(message):
            self._start = message
            return
        if self._start is None:
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if not message.get("more_body", False):
            await self._end(self._start)

    async def _end(self, start: Message) -> None:
        headers = MutableHeaders(scope=start)
        digest = hashlib.sha256(self._body).hexdigest()[:DIGEST_DIGITS]
        etag = f'{headers["etag"][:-1]}-{digest}"'
        headers["etag"] = etag
        body = bytes(self._body)
        if is_unchanged(self._asked, etag):
            start["status"], body = NOT_MODIFIED, b""
            for name in BODY_HEADERS:
                del headers[name]
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def _is_marked(start: Message) -> bool:
    tag = MutableHeaders(scope=start).get("etag", "")
    return start["status"] == OK and REVISION.fullmatch(tag) is not None
