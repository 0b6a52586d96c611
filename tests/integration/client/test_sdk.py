"""The SDK against a small server that can misbehave: what is sent arrives once, whatever breaks."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from rushes.client import ClientFailure, Refused, Rushes, Unreachable, WrongDigest
from rushes.client.resume import MOST, Memory, default_file
from rushes.client.sending import FIRST_APPEND

MEDIA = bytes(range(256)) * 4096 * 9
"""9 MiB: two appends."""


@dataclass
class SmallServer:
    """What the server holds, and how it misbehaves."""

    url: str = ""
    received: bytearray = field(default_factory=bytearray)
    metadata: str = ""
    asked: list[str] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)
    troubles: list[int | str] = field(default_factory=list)
    """For each append: a status to refuse it with, or `cut` to break off after half of it."""
    gone: bool = False
    state: str = "accepted"
    digest: str | None = None
    served: bytes = MEDIA
    cut_download_at: int | None = None


class Answers(BaseHTTPRequestHandler):
    """tus, and the few addresses that the SDK asks."""

    protocol_version = "HTTP/1.1"
    house: SmallServer

    def log_message(self, *_words: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        """Create an upload or a link."""
        house = self.note()
        if self.path == "/api/v1/links":
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.answer(201, {"id": "lnk_1", "url": f"{house.url}/u/abc", **body})
            return
        house.metadata = self.headers["Upload-Metadata"]
        house.received.clear()
        house.gone = False
        self.answer(201, headers={"Location": f"{house.url}/files/upl_1"})

    def do_HEAD(self) -> None:
        """Say how far it is."""
        house = self.note()
        if house.gone:
            self.answer(404, {"code": "upload.unknown", "detail": "Gone."})
            return
        self.answer(200, headers={"Upload-Offset": str(len(house.received))})

    def do_PATCH(self) -> None:
        """Take bytes, or misbehave."""
        house = self.note()
        length = int(self.headers["Content-Length"])
        trouble = house.troubles.pop(0) if house.troubles else None
        if trouble == "cut":
            house.received += self.rfile.read(length // 2)
            self.close_connection = True
            self.connection.shutdown(2)
            return
        body = self.rfile.read(length)
        if isinstance(trouble, int):
            self.answer(trouble, {"code": f"small.{trouble}", "detail": "No."})
            return
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
        elif path.endswith("/download"):
            self.answer(200, {"url": "/signed", "expires_at": None})
        elif path.startswith("/api/v1/assets/"):
            self.answer(200, {"id": "ast_1", "state": house.state, "file_name": "a.mov"})
        else:
            self.answer(200, self.upload())

    def upload(self) -> dict[str, Any]:
        """Return the upload as the API tells it."""
        house = self.house
        return {
            "id": "upl_1",
            "state": house.state,
            "offset": len(house.received),
            "asset_id": "ast_1",
            "digest": house.digest,
            "reason": "it is no film",
        }

    def give(self) -> None:
        """Give the bytes, from where they are asked for."""
        house = self.house
        asked = self.headers.get("Range")
        start = 0 if asked is None else int(asked.removeprefix("bytes=").removesuffix("-"))
        if asked and start >= len(house.served):
            self.answer(416, {"code": "range.none", "detail": "No more."})
            return
        body = house.served[start:]
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if house.cut_download_at is not None:
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


@pytest.fixture
def server() -> Iterator[SmallServer]:
    """A running server."""
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


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A file to send."""
    path = tmp_path / "Tâg 1.mov"
    path.write_bytes(MEDIA)
    return path


@contextmanager
def client(server: SmallServer, tmp_path: Path, **options: Any) -> Iterator[Rushes]:
    """An SDK that does not wait between tries."""
    state, waits = tmp_path / "state.json", options.pop("waits", [])
    with Rushes(server.url, "rsh_pat_secret", state=state, sleep=waits.append, **options) as rushes:
        yield rushes


def read_metadata(server: SmallServer) -> dict[str, str]:
    """Return what was told about the file."""
    pairs = (pair.split(" ") for pair in server.metadata.split(","))
    return {name: base64.b64decode(value).decode() for name, value in pairs}


@pytest.mark.covers("X-UP-17")
def test_a_file_arrives_whole_in_appends_that_grow(
    server: SmallServer, film: Path, tmp_path: Path
) -> None:
    """Its name, type and project are told; progress goes to the end."""
    told: list[tuple[int, int]] = []
    server.digest = f"sha-256:{hashlib.sha256(MEDIA).hexdigest()}"
    with client(server, tmp_path) as rushes:
        asset = rushes.upload(
            film, project="acme/spring", on_progress=lambda sent, whole: told.append((sent, whole))
        )

    assert "ast_1" == asset.id
    assert MEDIA == server.received
    assert {"filename": "Tâg 1.mov", "filetype": "video/quicktime", "project": "acme/spring"} == (
        read_metadata(server)
    )
    assert [(0, len(MEDIA)), (FIRST_APPEND, len(MEDIA)), (len(MEDIA), len(MEDIA))] == told


@pytest.mark.covers("S-UP-12")
@pytest.mark.parametrize("trouble", ["cut", 503, 409, 413, 423, 429])
def test_an_append_that_fails_goes_on_from_the_servers_offset(
    trouble: int | str, server: SmallServer, film: Path, tmp_path: Path
) -> None:
    """Nothing is sent twice, and nothing is left out."""
    server.troubles = [trouble]
    with client(server, tmp_path) as rushes:
        rushes.send(film)

    assert MEDIA == server.received
    assert "HEAD /files/upl_1" in server.asked


def test_an_upload_goes_on_in_another_run_of_the_program(
    server: SmallServer, film: Path, tmp_path: Path
) -> None:
    """The first run gave up in the middle; the second asks how far it is, and sends the rest."""
    server.troubles = ["cut", "cut", "cut", 403]
    with client(server, tmp_path) as rushes, pytest.raises(Refused):
        rushes.send(film)
    before = len(server.received)

    with client(server, tmp_path) as rushes:
        rushes.send(film)

    assert 0 < before < len(MEDIA)
    assert MEDIA == server.received
    assert 1 == server.asked.count("POST /files/")


def test_an_upload_that_is_gone_begins_anew(
    server: SmallServer, film: Path, tmp_path: Path
) -> None:
    """The server forgot it: another one is created."""
    server.troubles = [403]
    with client(server, tmp_path) as rushes, pytest.raises(Refused):
        rushes.send(film)
    server.gone = True

    with client(server, tmp_path) as rushes:
        rushes.send(film)

    assert MEDIA == server.received
    assert 2 == server.asked.count("POST /files/")


def test_a_changed_file_is_another_file(server: SmallServer, film: Path, tmp_path: Path) -> None:
    """What was begun with other bytes is not gone on with."""
    server.troubles = [403]
    with client(server, tmp_path) as rushes, pytest.raises(Refused):
        rushes.send(film)
    film.write_bytes(MEDIA[:-1])

    with client(server, tmp_path) as rushes:
        rushes.send(film)

    assert MEDIA[:-1] == server.received


def test_three_failures_without_a_byte_are_enough(
    server: SmallServer, film: Path, tmp_path: Path
) -> None:
    """The pauses before were one second and two, at most."""
    waits: list[float] = []
    server.troubles = [503, 503, 503]
    with client(server, tmp_path, waits=waits) as rushes, pytest.raises(Refused) as caught:
        rushes.send(film)

    assert (503, "small.503") == (caught.value.status, caught.value.code)
    assert [True, True] == [0.5 <= waits[0] <= 1, 1 <= waits[1] <= 2]


def test_a_refusal_is_not_tried_again(server: SmallServer, film: Path, tmp_path: Path) -> None:
    """No stays no."""
    server.troubles = [415]
    with client(server, tmp_path) as rushes, pytest.raises(Refused, match="No"):
        rushes.send(film)

    assert 1 == server.asked.count("PATCH /files/upl_1")


def test_other_bytes_on_the_server_are_found_out(
    server: SmallServer, film: Path, tmp_path: Path
) -> None:
    """The digest that it reports is compared with the file's."""
    server.digest = "sha-256:" + "0" * 64
    with client(server, tmp_path) as rushes, pytest.raises(WrongDigest):
        rushes.send(film)


def test_a_file_that_was_set_aside_is_refused(
    server: SmallServer, film: Path, tmp_path: Path
) -> None:
    """The reason is told."""
    server.state = "quarantined"
    with client(server, tmp_path) as rushes, pytest.raises(Refused, match="it is no film"):
        rushes.send(film)


def test_a_link_sends_without_a_token_and_sees_no_assets(
    server: SmallServer, film: Path, tmp_path: Path
) -> None:
    """What was sent is there all the same."""
    with (
        Rushes(link=f"{server.url}/u/abc", state=tmp_path / "s") as rushes,
        pytest.raises(ClientFailure, match="sees no assets"),
    ):
        rushes.upload(film)

    assert MEDIA == server.received
    assert "POST /u/abc/files/" in server.asked
    assert {None} == set(server.authorizations)


def test_a_download_that_broke_off_goes_on(server: SmallServer, tmp_path: Path) -> None:
    """The file appears when it is whole; the token is not sent to signed addresses."""
    server.cut_download_at = 1_000_000
    with client(server, tmp_path) as rushes:
        file = rushes.download("ast_1", tmp_path)

    assert (tmp_path / "a.mov", MEDIA) == (file, file.read_bytes())
    signed = [
        authorization
        for asked, authorization in zip(server.asked, server.authorizations, strict=True)
        if asked == "GET /signed"
    ]
    assert [None, None] == signed


def test_a_part_that_is_whole_already_becomes_the_file(server: SmallServer, tmp_path: Path) -> None:
    """A run that ended between the last byte and the name loses nothing."""
    part = tmp_path / "b.mov.ast_1.original.part"
    part.write_bytes(MEDIA)
    with client(server, tmp_path) as rushes:
        file = rushes.download("ast_1", tmp_path / "b.mov")

    assert MEDIA == file.read_bytes()
    assert not part.exists()


def test_pages_of_assets_are_followed(server: SmallServer, tmp_path: Path) -> None:
    """To the last one."""
    with client(server, tmp_path) as rushes:
        assert ["ast_1", "ast_2"] == [asset.id for asset in rushes.assets("a", state="ready")]


def test_waiting_ends_when_the_asset_is_playable_or_failed(
    server: SmallServer, tmp_path: Path
) -> None:
    """And after the time that was given."""
    with client(server, tmp_path) as rushes:
        server.state = "playable"
        asset = rushes.asset("ast_1")
        assert "playable" == asset.wait_until_playable().state
        assert asset == asset.reload()
        server.state = "failed"
        with pytest.raises(ClientFailure, match="cannot be shown"):
            asset.wait_until_playable()
        with pytest.raises(ClientFailure, match="not playable within"):
            asset.wait_until_playable(timeout=0)


def test_a_link_is_made(server: SmallServer, tmp_path: Path) -> None:
    """Its address is for the people who send."""
    with client(server, tmp_path) as rushes:
        made = rushes.create_link("Acme", "Spring", title="Send here")

    assert ("lnk_1", f"{server.url}/u/abc") == (made.id, made.url)


def test_a_server_that_is_not_there_is_unreachable() -> None:
    """After three tries, with what to do."""
    with (
        Rushes("http://127.0.0.1:9", "t", sleep=lambda _seconds: None) as rushes,
        pytest.raises(Unreachable, match="cannot be reached"),
    ):
        rushes.asset("ast_1")
    with pytest.raises(ValueError, match="which server"):
        Rushes()


def test_what_is_remembered_has_limits_and_an_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest are forgotten; a damaged file is an empty one."""
    memory = Memory(tmp_path / "deep" / "state.json")
    for number in range(MOST + 1):
        memory.keep(str(number), "address")
    assert memory.find("0") is None
    assert "address" == memory.find("1")
    assert 0o600 == memory.file.stat().st_mode & 0o777
    memory.file.write_text("[]")
    assert memory.find("1") is None
    memory.file.write_text("{")
    memory.forget("1")
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    monkeypatch.delenv("RUSHES_STATE", raising=False)
    assert Path("/cache/rushes/uploads.json") == default_file()
    monkeypatch.setenv("RUSHES_STATE", "/state.json")
    assert Path("/state.json") == default_file()
