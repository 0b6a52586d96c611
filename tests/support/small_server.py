"""A small server that speaks what the SDK asks, and misbehaves in every way it must bear."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MIB = 2**20
MEDIA = bytes(range(256)) * 4096 * 9
"""9 MiB: two appends."""

LARGE = b"".join(hashlib.sha256(bytes([number])).digest() * (MIB // 32) for number in range(17))
"""17 MiB, of which no MiB is as another: seventeen chunks."""


WAIT_SECONDS = 60


@dataclass
class SmallServer:
    """What the server holds, and how it misbehaves."""

    url: str = ""
    received: bytearray = field(default_factory=bytearray)
    metadata: str = ""
    asked: list[str] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)
    troubles: list[int | str] = field(default_factory=list)
    """For each append or chunk: a status to refuse it with, or `cut` to break off after half."""
    refused: dict[str, int] = field(default_factory=dict)
    """With which status the creation of a file is refused, by its name."""
    lost_answers: int = 0
    """How many creations are heard, and not answered."""
    gone: bool = False
    state: str = "accepted"
    digest: str | None = None
    root: str | None = None
    served: bytes = MEDIA
    etag: str = '"1"'
    cut_download_at: int | None = None
    download_troubles: list[int] = field(default_factory=list)
    has_ranges: bool = True
    is_deaf: bool = False
    """Whether it hangs up on everybody who fetches."""
    takes_chunks: bool = False
    has_gauge: bool = True
    """Without it every client believes that the line is a fast one."""
    gauged: list[int] = field(default_factory=list)
    """The bytes of each network test."""
    created: dict[str, Any] = field(default_factory=dict)
    chunks: dict[int, bytes] = field(default_factory=dict)
    chunk_code: str = "small.no"
    retry_after: int | None = None
    forgets: list[int] = field(default_factory=list)
    """Chunks that are lost at the first completion."""
    is_complete: bool = False
    most_at_once: int = 0
    now_at_once: int = 0
    company: int = 1
    """How many chunks have to be here at once before the first is read."""
    lock: threading.Condition = field(default_factory=threading.Condition)

    @property
    def joined(self) -> bytes:
        """Return the bytes of all chunks in order."""
        return b"".join(body for _, body in sorted(self.chunks.items()))

    def told_of(self, name: str) -> str:
        """Return a value of the metadata that came by tus."""
        return read_metadata(self.metadata)[name]

    def take_trouble(self) -> int | str | None:
        """Return what to do to the next append or chunk."""
        with self.lock:
            return self.troubles.pop(0) if self.troubles else None

    def count(self, start: str) -> int:
        """Return how many requests began so."""
        return sum(asked.startswith(start) for asked in self.asked)


class Answers(BaseHTTPRequestHandler):
    """tus, chunks, and the few addresses that the SDK asks."""

    protocol_version = "HTTP/1.1"
    house: SmallServer

    def log_message(self, *_words: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        """Create an upload or a link, or complete an upload."""
        house = self.note()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/api/v1/links":
            told = {"id": "lnk_1", "url": f"{house.url}/u/abc", **json.loads(body)}
            self.answer(201, told)
        elif self.path == "/api/v1/uploads":
            self.create_chunked(body)
        elif self.path == "/api/v1/network-test" and house.has_gauge:
            house.gauged.append(len(body))
            self.answer(200, {"bytes": len(body), "seconds": 0.1})
        elif self.path.endswith("/complete"):
            self.complete()
        elif self.path.endswith("/playback"):
            self.answer(200, {"asset_id": "ast_1", "ready": True, **json.loads(body)})
        elif house.lost_answers > 0:
            house.lost_answers -= 1
            self.close_connection = True
            self.connection.shutdown(2)
        elif "Upload-Metadata" in self.headers:
            self.create(body)
        else:
            self.answer(404, {"code": "http.404", "detail": "No."})

    def create(self, body: bytes) -> None:
        """Begin an upload by tus, or refuse the file."""
        house = self.house
        told = house.metadata = self.headers["Upload-Metadata"]
        refusal = house.refused.get(read_metadata(told)["filename"])
        if refusal is not None:
            self.answer(refusal, {"code": house.chunk_code, "detail": "No."})
            return
        house.received[:] = body
        house.gone = False
        offset = {"Upload-Offset": str(len(body))} if body else {}
        self.answer(201, headers={"Location": f"{house.url}/files/upl_1", **offset})

    def create_chunked(self, body: bytes) -> None:
        """Begin an upload in chunks of 1 MiB."""
        house = self.house
        if not house.takes_chunks:
            self.answer(405, {"code": "http.405", "detail": "No."})
            return
        house.created, house.gone, house.chunks = json.loads(body), False, {}
        self.answer(201, {"id": "upl_1", "chunk_size": MIB, "parallel": 4, "received_chunks": []})

    def complete(self) -> None:
        """Say that everything is here, or what is not."""
        house = self.house
        for index in house.forgets:
            house.chunks.pop(index, None)
        house.forgets = []
        count = -(-house.created["size_bytes"] // MIB)
        missing = [[index, index] for index in range(count) if index not in house.chunks]
        house.is_complete = not missing
        if missing:
            problem = {"code": "chunk.missing", "detail": "Send them.", "missing": missing}
            self.answer(409, problem)
        else:
            self.answer(202, {"upload": self.upload(), "asset_id": "ast_1"})

    def do_PUT(self) -> None:
        """Take a chunk, or misbehave."""
        house = self.note()
        with house.lock:
            house.now_at_once += 1
            house.most_at_once = max(house.most_at_once, house.now_at_once)
            house.lock.notify_all()
            house.lock.wait_for(lambda: house.most_at_once >= house.company, WAIT_SECONDS)
        body = self.read_body(trouble := house.take_trouble())
        with house.lock:
            house.now_at_once -= 1
        if body is None:
            return
        index = int(self.path.rpartition("/")[2])
        told = self.headers["Content-Digest"].removeprefix("sha-256=:").removesuffix(":")
        if base64.b64decode(told) != hashlib.sha256(body).digest():
            self.answer(422, {"code": "chunk.hash_mismatch", "detail": "Other bytes."})
            return
        house.chunks[index] = body
        if trouble == "deaf":  # it is here, and the answer says that it is not
            self.answer(409, {"code": "upload.busy", "detail": "Ask what is here."})
        else:
            self.answer(200, {"index": index})

    def read_body(self, trouble: int | str | None) -> bytes | None:
        """Return the body; None where this request is over already."""
        length = int(self.headers["Content-Length"])
        if trouble == "cut":
            self.house.received += self.rfile.read(length // 2)
            self.close_connection = True
            self.connection.shutdown(2)
            return None
        body = self.rfile.read(length)
        if isinstance(trouble, int):
            named = self.house.retry_after
            headers = {} if named is None else {"Retry-After": str(named)}
            code = self.house.chunk_code
            self.answer(trouble, {"code": code, "detail": "No."}, headers)
            return None
        return body

    def do_DELETE(self) -> None:
        """Forget an upload."""
        self.note().gone = True
        self.answer(204)

    def do_HEAD(self) -> None:
        """Say how far it is."""
        house = self.note()
        if house.gone:
            self.answer(404, {"code": "upload.missing", "detail": "Gone."})
            return
        self.answer(200, headers={"Upload-Offset": str(len(house.received))})

    def do_PATCH(self) -> None:
        """Take bytes, or misbehave."""
        house = self.note()
        body = self.read_body(house.take_trouble())
        if body is not None:
            house.received += body
            self.answer(204, headers={"Upload-Offset": str(len(house.received))})

    def do_GET(self) -> None:
        """Answer about uploads and assets, or give bytes."""
        house = self.note()
        path = self.path.partition("?")[0]
        if path == "/signed":
            self.give()
        elif path == "/api/v1/assets":
            page = "cursor=2" in self.path
            item = {"id": "ast_2" if page else "ast_1", "file_name": "a.mov"}
            self.answer(200, {"items": [item], "next_cursor": None if page else "2"})
        elif path == "/api/v1/uploads":
            self.answer(200, {"items": [self.upload()], "next_cursor": None})
        elif path.endswith("/download"):
            self.answer(200, {"url": "/signed", "expires_at": None})
        elif path.startswith("/api/v1/assets/"):
            facts = {"id": "ast_1", "state": house.state, "file_name": "a.mov"}
            self.answer(200, facts | {"digest": house.digest})
        elif house.gone:
            self.answer(404, {"code": "upload.missing", "detail": "Gone."})
        else:
            self.answer(200, self.upload())

    def upload(self) -> dict[str, Any]:
        """Return the upload as the API tells it."""
        house = self.house
        is_open = house.created and not house.is_complete
        return {
            "id": "upl_1",
            "state": "receiving" if is_open else house.state,
            "offset": len(house.received),
            "asset_id": "ast_1",
            "digest": house.digest,
            "root": house.root,
            "reason": "it is no film",
            "chunk_size": MIB,
            "received_chunks": [[index, index] for index in sorted(house.chunks)],
        }

    def give(self) -> None:
        """Give a range of the bytes."""
        house = self.house
        if house.is_deaf:
            self.close_connection = True
            return
        if house.download_troubles:
            self.answer(house.download_troubles.pop(0), {"code": "small.no", "detail": "No."})
            return
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        is_same = self.headers.get("If-Range", house.etag) == house.etag
        if asked is None or not is_same or not house.has_ranges:
            self.send(200, house.served, {})
        elif int(asked[1]) >= len(house.served):
            self.answer(416, {"code": "range.none", "detail": "No more."})
        else:
            start, end = int(asked[1]), min(int(asked[2]) + 1, len(house.served))
            place = f"bytes {start}-{end - 1}/{len(house.served)}"
            self.send(206, house.served[start:end], {"Content-Range": place})

    def send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        """Send bytes, or break off."""
        house = self.house
        self.send_response(status)
        for name, value in ({"ETag": house.etag} | headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if house.cut_download_at is not None and len(body) > house.cut_download_at:
            self.wfile.write(body[: house.cut_download_at])
            house.cut_download_at = None
            self.close_connection = True
            self.connection.shutdown(2)
            return
        self.wfile.write(body)

    def note(self) -> SmallServer:
        """Remember the request."""
        self.house.asked.append(f"{self.command} {self.path.partition('?')[0]}")
        self.house.authorizations.append(self.headers.get("Authorization"))
        return self.house

    def answer(
        self, status: int, body: object = None, headers: dict[str, str] | None = None
    ) -> None:
        """Send an answer."""
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def read_metadata(told: str) -> dict[str, str]:
    """Return the values of tus metadata by their keys."""
    pairs = (pair.split(" ") for pair in told.split(","))
    return {key: base64.b64decode(value).decode() for key, value in pairs}


@contextmanager
def small_server() -> Iterator[SmallServer]:
    """Run a server."""
    house = SmallServer()

    class Bound(Answers):
        """Answers of this house."""

    Bound.house = house
    http = ThreadingHTTPServer(("127.0.0.1", 0), Bound)
    house.url = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield house
    http.shutdown()
    thread.join()
    http.server_close()
