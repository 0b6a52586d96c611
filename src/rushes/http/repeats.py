"""`Idempotency-Key`: a POST that was sent twice is done once (draft-ietf-httpapi-idempotency-key).

Rules of this file:
1. It is taken on every POST under `/api/v1/` of somebody who is known, but for `FREE`.
2. A caller is an account in its sessions, one API token, or one link: none hears another's answer.
3. The answer is kept before it is sent, so whoever heard it hears it again.
4. What is refused, and what fails by a mistake of ours, frees its key.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from typing import Final

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rushes.access.answer_records import Place
from rushes.access.answers import Answer, Answers
from rushes.access.permit import ActorKind
from rushes.access.token import digest_of
from rushes.errors import Kind, RushesError
from rushes.http.auth import API, CALLER, Caller
from rushes.http.conditional import Conditional
from rushes.http.leaving import CallerLeft

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotent-Replayed"
MAX_KEY: Final = 255
FORM: Final = re.compile(rf"[\x21-\x7e]{{1,{MAX_KEY}}}", re.ASCII)
FREE: Final = re.compile(r"/api/v1/(session|setup|network-test)(/.*)?")
"""What makes nothing that could be there twice, or asks for a proof that is good once."""

MAX_BODY_BYTES: Final = 4 * 2**20
KEPT_HEADERS: Final = frozenset({"content-type", "etag", "location"})
SUCCESS: Final = range(200, 300)


class BadKey(RushesError):
    """The `Idempotency-Key` is empty, too long, or holds other than visible ASCII characters."""

    code = "idempotency.bad_key"
    kind = Kind.INVALID


class BodyNotRepeatable(RushesError):
    """A body of this size cannot be compared with an earlier one."""

    code = "idempotency.too_large"
    kind = Kind.TOO_LARGE


def add_repeats(app: FastAPI, answers: Answers) -> None:
    """Let an app answer what came before as it did then, and what is unchanged with 304."""
    app.add_middleware(Conditional)
    app.add_middleware(Repeats, answers=answers)


class Repeats:
    """Answers a request that came before as it was answered then; inside of `Gate`."""

    def __init__(self, app: ASGIApp, answers: Answers) -> None:
        self._app = app
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless its answer is known."""
        key = find_key(scope)
        caller = scope.get("state", {}).get(CALLER)
        if key is None or not isinstance(caller, Caller):
            await self._app(scope, receive, send)
            return
        if FORM.fullmatch(key) is None:
            raise BadKey(f"`{HEADER}` has 1 to {MAX_KEY} visible ASCII characters; send a UUID.")
        body = await _read(receive)
        place = Place(_name(caller, Headers(scope=scope)), key)
        known = await self._answers.begin(place, _digest(scope, body))
        if known is not None:
            await _replay(known, send)
            return
        answer = await self._do(scope, _give(body, receive), place)
        if answer.status in SUCCESS:
            await self._answers.finish(place, answer.kept)
        else:
            await self._answers.give_up(place)
        for message in answer.messages:
            await send(message)

    async def _do(self, scope: Scope, receive: Receive, place: Place) -> _Caught:
        """Return what is answered; a mistake of ours frees the key, so that it is not at work."""
        answer, is_ours = _Caught(), True
        try:
            await self._app(scope, receive, answer.take)
            is_ours = False
        except asyncio.CancelledError:
            is_ours = False  # nobody knows what was done
            raise
        finally:
            if is_ours:
                await self._answers.give_up(place)
        return answer


class _Caught:
    """An answer that waits until it is kept."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def take(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"]) if self.messages else 0

    @property
    def kept(self) -> Answer:
        headers = Headers(raw=self.messages[0].get("headers", [])).items()
        kept = tuple((name, value) for name, value in headers if name in KEPT_HEADERS)
        body = b"".join(message.get("body", b"") for message in self.messages[1:])
        return Answer(self.status, kept, body)


def find_key(scope: Scope) -> str | None:
    """Return the key of a request that may be repeated by it."""
    if scope["type"] != "http" or scope["method"] != "POST" or not takes_key(scope["path"]):
        return None
    return Headers(scope=scope).get(HEADER)


def takes_key(path: str) -> bool:
    """Say whether a POST to this address may bring a key."""
    return path.startswith(API) and FREE.fullmatch(path) is None


def _name(caller: Caller, headers: Headers) -> str:
    actor = caller.actor
    if actor.kind is ActorKind.TOKEN:  # another token of the account may be allowed less
        return f"token:{digest_of(headers.get('authorization', '')).hex()}"
    return f"{actor.kind}:{actor.id}"


def _digest(scope: Scope, body: bytes) -> bytes:
    asked = f"{scope['method']} {scope['path']}?{scope['query_string'].decode('latin-1')}\n"
    return hashlib.sha256(asked.encode() + body).digest()


async def _read(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise CallerLeft("Whoever asked left in the middle of the body. Nothing was done.")
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            raise BodyNotRepeatable(
                f"With `{HEADER}` a body has {MAX_BODY_BYTES} bytes at most. Send less."
            )
        if not message.get("more_body", False):
            return bytes(body)


def _give(body: bytes, receive: Receive) -> Receive:
    """Return what gives a body that was read already, and then what else comes."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def give() -> Message:
        return waiting.pop() if waiting else await receive()

    return give


async def _replay(known: Answer, send: Send) -> None:
    headers = [*known.headers, (REPLAYED, "true"), ("Content-Length", str(len(known.body)))]
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": known.status, "headers": raw})
    await send({"type": "http.response.body", "body": known.body})
