"""Problems: every answer that is no success is `application/problem+json` (RFC 9457).

Rules of this file:
1. `STATUSES` is the one table from a kind to its status; rooms never name a status.
2. What a caller reads was written for callers: an error of ours brings its own sentence, an error
   of anybody else's brings a request id and nothing more.
3. 422 says that the payload is wrong; a wrong query, path or header is 400.
"""

from __future__ import annotations

import json
import logging
import math
import secrets
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rushes.errors import Kind, RushesError
from rushes.log_context import telling

MEDIA_TYPE: Final = "application/problem+json"
REQUEST_ID: Final = "request_id"
"""Where a request's id stands in the state of its scope."""

STATUSES: Final = MappingProxyType(
    {
        Kind.INVALID: 400,
        Kind.UNUSABLE: 422,
        Kind.UNAUTHENTICATED: 401,
        Kind.FORBIDDEN: 403,
        Kind.MISSING: 404,
        Kind.GONE: 410,
        Kind.CONFLICT: 409,
        Kind.STALE: 412,
        Kind.TOO_LARGE: 413,
        Kind.UNSUPPORTED: 415,
        Kind.LOCKED: 423,
        Kind.UNAVAILABLE: 503,
        Kind.FULL: 507,
        Kind.LIMITED: 429,
        Kind.BROKEN: 500,
    }
)

BROKEN: Final = "Something broke on our side. Give this request id to whoever runs this server."

SENTENCES: Final = MappingProxyType(
    {
        400: ("request.invalid", "The request cannot be read. Compare it with /docs."),
        404: ("request.not_found", "Nothing is at this address. Compare it with /docs."),
        405: ("request.method_not_allowed", "This address does not take this method; see `Allow`."),
        408: ("request.too_slow", "The head of the request did not come in time. Send it again."),
        413: ("request.too_large", "The body is larger than this address takes."),
        415: ("request.unsupported", "This address does not take a body of this media type."),
        426: ("request.upgrade_required", "This address needs another protocol."),
        431: ("request.headers_too_large", "The request's headers are too large."),
    }
)
"""For answers that the framework gives: code and sentence by status."""

OF_HUNDREDS: Final = MappingProxyType({4: "Client Error", 5: "Server Error"})

log = logging.getLogger("rushes.http")


class Fault(BaseModel):
    """One value that a schema refused."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    pointer: str
    """JSON pointer (RFC 6901) of the value inside `in`."""
    detail: str
    """What it should be."""


class Problem(BaseModel):
    """What went wrong (RFC 9457); some codes bring further members."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="allow")

    type: str
    """Where the code is explained."""
    title: str
    """The status in words."""
    status: int
    """The status as a number."""
    detail: str
    """What happened, and what to do."""
    code: str
    """A stable word for programs."""
    request_id: str
    """What the server's log calls this request."""
    errors: list[Fault] | None = None
    """For a payload that its schema refuses: each value that is wrong."""


def _describe(words: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": words, "content": {MEDIA_TYPE: {"schema": schema}}}


PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    422: _describe("The payload cannot be used"),
    "default": {"model": Problem, **_describe("What went wrong")},
}
"""For the `responses` of routers, so that the OpenAPI document names every answer."""


def add_problems(app: FastAPI) -> None:
    """Answer every error inside the app with its problem."""
    app.add_exception_handler(RushesError, _answer_ours)
    app.add_exception_handler(RequestValidationError, _answer_schema)
    app.add_exception_handler(HTTPException, _answer_framework)


def answer_error(
    error: RushesError,
    request_id: str,
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    members: Mapping[str, object] | None = None,
) -> Response:
    """Return the problem of one of our errors.

    A protocol whose text asks for it names another status, headers that go with the answer, and
    members of its own (a `type` among them).
    """
    if error.kind is Kind.BROKEN:
        return answer(STATUSES[error.kind], "rushes.broken", BROKEN, request_id, headers=headers)
    return answer(
        STATUSES[error.kind] if status is None else status,
        error.code,
        error.message,
        request_id,
        headers={**dict(_list_waiting(error)), **(headers or {})},
        facts=error.facts,
        members=members,
    )


def _list_waiting(error: RushesError) -> Iterator[tuple[str, str]]:
    """Yield the headers that say when to come again, the newer and the older ones.

    `RateLimit`: draft-ietf-httpapi-ratelimit-headers-10.
    """
    if error.retry_after is None:
        return
    seconds = max(0, math.ceil(error.retry_after))
    yield "Retry-After", str(seconds)
    policy, limit = error.facts.get("policy"), error.facts.get("limit")
    window = error.facts.get("window_seconds")
    if policy is None or limit is None or not isinstance(window, str | int | float):
        return
    yield "RateLimit-Policy", f'"{policy}";q={limit};w={int(float(window))}'
    yield "RateLimit", f'"{policy}";r=0;t={seconds}'
    yield "X-RateLimit-Limit", str(limit)
    yield "X-RateLimit-Remaining", "0"
    yield "X-RateLimit-Reset", str(seconds)


def answer(
    status: int,
    code: str,
    detail: str,
    request_id: str,
    *,
    headers: Mapping[str, str] | None = None,
    facts: Mapping[str, object] | None = None,
    members: Mapping[str, object] | None = None,
) -> Response:
    """Return a problem document; `facts` never replace a member of its own, `members` do."""
    document: dict[str, object] = dict(facts or {}) | {
        "type": f"/docs/errors#{code}",
        "title": title_of(status),
        "status": status,
        "detail": detail,
        "code": code,
        REQUEST_ID: request_id,
        **(members or {}),
    }
    told = dict(headers or {})
    if status == HTTPStatus.UNAUTHORIZED:
        told["WWW-Authenticate"] = "Bearer"  # RFC 9110, section 15.5.2, asks for one
    return Response(json.dumps(document), status, told, media_type=MEDIA_TYPE)


def title_of(status: int) -> str:
    """Return a status in words; one that no registry has is told by the hundred it belongs to."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return OF_HUNDREDS.get(status // 100, "Unknown Status")


def request_id_of(scope: Scope | Mapping[str, Any]) -> str:
    """Return the id of a request; one that passed no `Edge` gets its own here."""
    state = scope.get("state") or {}
    known = state.get(REQUEST_ID)
    return known if isinstance(known, str) else new_request_id()


def new_request_id() -> str:
    """Return an id that logs and answers name a request by."""
    return f"req_{secrets.token_hex(10)}"


def list_faults(errors: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return what a schema refused: a JSON pointer (RFC 6901) and a sentence for each."""
    return [
        {"pointer": _point(error["loc"]), "in": str(error["loc"][0]), "detail": _sentence(error)}
        for error in errors
    ]


class Edge:
    """The outermost layer: names each request, and lets no exception out as anything but a 500."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; answer whatever it raises."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = new_request_id()
        scope.setdefault("state", {})[REQUEST_ID] = request_id
        begun = False

        async def marked(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        try:
            with telling(request_id=request_id):
                await self._app(scope, receive, marked)
        except RushesError as error:
            if begun:
                raise
            await answer_error(error, request_id)(scope, receive, marked)
        except Exception:
            log.exception("A request broke.", extra={REQUEST_ID: request_id})
            if begun:  # half an answer is out: only a cut connection says that it is not whole
                raise
            problem = answer(500, "rushes.broken", BROKEN, request_id)
            await problem(scope, receive, marked)


async def _answer_ours(request: Request, error: Exception) -> Response:
    if not isinstance(error, RushesError):
        raise error
    if error.kind is Kind.BROKEN:
        log.error("A request broke.", exc_info=error, extra={REQUEST_ID: request_id_of(request)})
    return answer_error(error, request_id_of(request))


async def _answer_schema(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    faults = list_faults(error.errors())
    parts = {fault["in"] for fault in faults}
    is_payload = parts == {"body"} and error.errors()[0]["type"] != "json_invalid"
    document = {
        "type": "/docs/errors#request.invalid",
        "title": title_of(422 if is_payload else 400),
        "status": 422 if is_payload else 400,
        "detail": "; ".join(f"{fault['pointer'] or '/'}: {fault['detail']}" for fault in faults),
        "code": "request.invalid",
        REQUEST_ID: request_id_of(request),
        "errors": faults,
    }
    return JSONResponse(document, 422 if is_payload else 400, media_type=MEDIA_TYPE)


async def _answer_framework(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if isinstance(error.__cause__, RushesError):  # raised while the framework read the body
        return answer_error(error.__cause__, request_id_of(request))
    code, sentence = SENTENCES.get(error.status_code, SENTENCES[400])
    return answer(error.status_code, code, sentence, request_id_of(request), headers=error.headers)


def _point(place: Sequence[str | int]) -> str:
    steps = [str(step).replace("~", "~0").replace("/", "~1") for step in place[1:]]
    return "".join(f"/{step}" for step in steps)


def _sentence(error: Mapping[str, Any]) -> str:
    words = str(error["msg"]).removeprefix("Value error, ")
    return words if words.endswith(".") else f"{words}."
