"""A house of pages alone: the real pages, and a small tus server behind them that can misbehave.

It keeps bytes in memory, and a test may slow it down, cut it off or let it refuse. The real house
is driven by the acceptance tests; here the question is what a page makes of any answer.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from rushes.web.assets import STATIC
from rushes.web.link import LinkOpen, LinkRefused, Refusal
from rushes.web.pages import PageSource, add_pages

OPEN: Final = LinkOpen(
    link_id="lnk_0000000000000000000000000000000000ab",
    client="Acme Corp",
    project="Spring",
    title="Spring campaign, camera originals",
    message="Please send all cards of the two shooting days.\nFolders are welcome as they are.",
    owner="Anna Meyer",
    expires_at=datetime(2031, 6, 4, 12, 5, tzinfo=UTC),
    max_file_bytes=100_000_000_000,
)
LINK_PASSWORD: Final = "open sesame"
EXPIRES: Final = "Wed, 04 Jun 2031 12:05:00 GMT"


@dataclass(slots=True)
class Held:
    """One upload: its bytes, and what the house says about it."""

    size: int
    name: str
    bytes_: bytearray = field(default_factory=bytearray)
    state: str = "receiving"
    path: str = ""
    looks: int = 0
    writer: int = 0
    offsets: list[int] = field(default_factory=list)
    """Where each append began."""
    told: dict[str, str] = field(default_factory=dict)
    """Its metadata."""


@dataclass(slots=True)
class SmallHouse:
    """The state of the house; a test reads and changes it while the server runs."""

    links: dict[str, LinkOpen | LinkRefused] = field(default_factory=lambda: {"open": OPEN})
    is_set_up: bool = True
    is_closed: bool = False
    """Whether every link answers as an unknown one does."""
    uploads: dict[str, Held] = field(default_factory=dict)
    bytes_per_second: float | None = None
    refuses: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    """By end of name: status, code, detail."""
    quarantines: set[str] = field(default_factory=set)
    failures: list[int] = field(default_factory=list)
    """Statuses of the next appends, before they are taken."""
    digest_after: int = 1
    checks: int = 0
    """Looks that answer `completed` before the verdict."""
    session: tuple[int, str, dict[str, str]] = (204, "", {})
    posted: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    static: Path = STATIC
    url: str = ""

    @property
    def terminated(self) -> int:
        """How many uploads the page has cancelled."""
        return sum(held.state == "cancelled" for held in self.uploads.values())


def build_app(house: SmallHouse) -> FastAPI:
    """Put the pages and the small server into one app."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    _add_tus(app, house)
    _add_forms(app, house)

    async def find_link(token: str, address: str) -> LinkOpen | LinkRefused:
        del address
        return house.links.get(token, LinkRefused(reason=Refusal.UNKNOWN))

    async def is_set_up() -> bool:
        return house.is_set_up

    async def has_session(request: Request) -> bool:
        return "rushes" in request.cookies

    source = PageSource(find_link=find_link, is_set_up=is_set_up, has_session=has_session)
    add_pages(app, source, static=house.static)
    return app


def _problem(status: int, code: str, detail: str, **headers: str) -> JSONResponse:
    body = {"status": status, "code": code, "detail": detail, "request_id": "7f3a"}
    return JSONResponse(
        body, status, headers={"Tus-Resumable": "1.0.0", **headers},
        media_type="application/problem+json",
    )  # fmt: skip


def _read_metadata(header: str) -> dict[str, str]:
    pairs = (pair.strip().partition(" ") for pair in header.split(",") if pair.strip())
    return {key: base64.b64decode(value).decode() for key, _, value in pairs}


def _add_tus(app: FastAPI, house: SmallHouse) -> None:
    """Serve tus by path and method; what a page may meet is in the functions below."""

    @app.post("/u/open/files/")
    async def create(request: Request) -> Response:
        return await _create(house, request)

    @app.api_route("/u/open/files/{id_}", methods=["HEAD", "PATCH", "DELETE"])
    async def touch(id_: str, request: Request) -> Response:
        held = house.uploads.get(id_)
        if held is None or held.state == "cancelled" or house.is_closed:
            return Response(status_code=404)
        held.writer += 1  # the newest request is the one that counts
        if request.method == "DELETE":
            held.state = "cancelled"
        if request.method == "PATCH":
            return await _append(house, held, request)
        return _answer(204, held)

    @app.get("/api/v1/uploads/{id_}")
    async def status(id_: str, request: Request) -> Response:
        if request.headers.get("rushes-link") not in house.links:
            return _problem(404, "upload.unknown", "There is no such upload.")
        return _tell(house, house.uploads[id_], id_)


async def _create(house: SmallHouse, request: Request) -> Response:
    if house.is_closed:
        return _problem(404, "link.not_found", "This upload link does not work.")
    metadata = _read_metadata(request.headers.get("upload-metadata", ""))
    for end, (status, code, detail) in house.refuses.items():
        if metadata["filename"].endswith(end):
            return _problem(status, code, detail)
    id_ = f"upl_{len(house.uploads):036d}"
    held = Held(int(request.headers["upload-length"]), metadata["filename"])
    held.path = metadata.get("relativePath", held.name)
    held.told = metadata
    house.uploads[id_] = held
    if request.headers.get("content-type") == "application/offset+octet-stream":
        await _take(house, held, request)
    return _answer(201, held, Location=f"/u/open/files/{id_}")


async def _append(house: SmallHouse, held: Held, request: Request) -> Response:
    if house.failures:
        return _problem(house.failures.pop(0), "server.error", "It failed.")
    if int(request.headers["upload-offset"]) != len(held.bytes_):
        return _problem(409, "upload.offset_mismatch", "Another offset.")
    held.offsets.append(len(held.bytes_))
    await _take(house, held, request)
    return _answer(204, held)


async def _take(house: SmallHouse, held: Held, request: Request) -> None:
    """Keep every byte that came, also when the request is cut; stop for a newer request."""
    mine = held.writer
    async for piece in request.stream():
        if held.writer != mine:
            return
        held.bytes_ += piece
        if house.bytes_per_second is not None:
            await asyncio.sleep(len(piece) / house.bytes_per_second)
    if len(held.bytes_) == held.size:
        held.state = "completed"


def _answer(status: int, held: Held, **headers: str) -> Response:
    return Response(
        status_code=status,
        headers={
            "Tus-Resumable": "1.0.0",
            "Upload-Offset": str(len(held.bytes_)),
            "Upload-Length": str(held.size),
            "Upload-Expires": EXPIRES,
            "Cache-Control": "no-store",
            **headers,
        },
    )


def _tell(house: SmallHouse, held: Held, id_: str) -> JSONResponse:
    held.looks += 1
    if held.state == "completed" and held.looks > house.checks:
        bad = any(held.name.endswith(end) for end in house.quarantines)
        held.state = "quarantined" if bad else "accepted"
    known = held.state == "accepted" and held.looks >= house.checks + house.digest_after
    digest = f"sha-256:{hashlib.sha256(held.bytes_).hexdigest()}" if known else None
    body = {
        "id": id_, "protocol": "tus", "state": held.state, "offset": len(held.bytes_),
        "size_bytes": held.size, "file_name": held.name, "asset_id": None, "digest": digest,
        "expires_at": (datetime.now(UTC) + timedelta(days=7)).isoformat(),
    }  # fmt: skip
    return JSONResponse(body)


def _add_forms(app: FastAPI, house: SmallHouse) -> None:
    @app.post("/api/v1/session")
    async def log_in(request: Request) -> Response:
        return await _take_form(request, house, "session")

    @app.post("/u/shut/unlock")
    async def unlock(request: Request) -> Response:
        asked = await request.json()
        if asked["password"] != LINK_PASSWORD:
            return _problem(401, "link.locked", "That is not the password of this link.")
        return JSONResponse({"token": "open", "url": f"{house.url}/u/open"})

    @app.post("/api/v1/setup")
    async def set_up(request: Request) -> Response:
        return await _take_form(request, house, "setup")


async def _take_form(request: Request, house: SmallHouse, name: str) -> Response:
    if request.headers.get("x-rushes-csrf") != "1":
        return _problem(403, "auth.csrf", "The header X-Rushes-CSRF is missing.")
    house.posted.append((name, await request.json()))
    status, code, headers = house.session if name == "session" else (204, "", {})
    return _problem(status, code, code, **headers) if code else Response(status_code=status)


@contextmanager
def serve(house: SmallHouse) -> Iterator[SmallHouse]:
    """Run the house on a free port of loopback."""
    with run(build_app(house)) as house.url:
        yield house


@contextmanager
def run(app: FastAPI) -> Iterator[str]:
    """Run an app on a free port of loopback, in a thread of its own; give its address."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="critical", lifespan="off",
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    socket = config.bind_socket()
    thread = threading.Thread(target=server.run, args=([socket],), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        socket.close()
