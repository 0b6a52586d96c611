"""Unmodified clients against `rushes serve`, with nothing but an upload link: all make assets."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import aiotus
import pytest
from tusclient.client import TusClient

from tests.support.served import Client, Served, serving
from tests.support.vaulted import wait_until

ROOT = Path(__file__).parents[2]
MODULES = ROOT / "web" / "node_modules"
SEND = ROOT / "tests" / "integration" / "uploads" / "send.cjs"
HALF = 1_000_000
DIGEST_SECONDS = 150

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server, as people start it."""
    with serving(tmp_path_factory.mktemp("peers")) as running:
        yield running


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[Client]:
    """A program with all rights there."""
    with served.client() as made:
        yield made


@pytest.fixture(scope="module")
def link(client: Client) -> str:
    """The address of an upload link."""
    return str(client.make_link(types=["any"])["url"])


@pytest.fixture
def clip(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A file of 2 MB and a bit, of a name of its own."""
    name = hashlib.sha256(request.node.name.encode()).hexdigest()[:12]
    path = tmp_path / f"{name}.bin"
    path.write_bytes(os.urandom(2 * HALF + 123))
    return path


def check(client: Client, clip: Path, count: int = 1) -> None:
    """Compare what became of a file with it; its digest may come after the asset is ready."""
    wanted = f"sha-256:{hashlib.sha256(clip.read_bytes()).hexdigest()}"

    def read() -> list[str | None]:
        return [each["digest"] for each in client.get("/assets", q=clip.name)["items"]]

    wait_until(lambda: read() == [wanted] * count, DIGEST_SECONDS)


@pytest.mark.covers("C-UP-02", "CF-09")
def test_tuspy_stops_and_goes_on(client: Client, link: str, clip: Path) -> None:
    """With the checksum of each piece."""
    peer = TusClient(f"{link}/files/")
    with clip.open("rb") as file:
        options = {"file_stream": file, "chunk_size": HALF, "upload_checksum": True}
        first = peer.uploader(metadata={"filename": clip.name}, **options)
        first.upload(stop_at=HALF)
        second = peer.uploader(url=first.url, **options)
        assert HALF == second.offset
        second.upload()

    check(client, clip)


@pytest.mark.covers("C-UP-02", "CF-09")
def test_aiotus_sends_whole_and_in_pieces(client: Client, link: str, clip: Path) -> None:
    """One stream, and partial uploads that are joined."""
    words, content = {"filename": clip.name.encode()}, clip.read_bytes()
    pieces = [io.BytesIO(content[:HALF]), io.BytesIO(content[HALF:])]

    async def send() -> None:
        with clip.open("rb") as file:
            await aiotus.upload(f"{link}/files/", file, words, chunksize=HALF)
        await aiotus.upload_multiple(f"{link}/files/", pieces, words, chunksize=HALF)

    asyncio.run(send())

    check(client, clip, 2)


@pytest.mark.covers("C-UP-02", "CF-09")
@pytest.mark.parametrize(("protocol", "place"), [("tus-v1", "files"), ("ietf-draft-05", "uploads")])
def test_tus_js_client_stops_and_goes_on(
    client: Client, link: str, clip: Path, protocol: str, place: str
) -> None:
    """By tus, and by the draft that it speaks."""
    words = (SEND, clip, f"{link}/{place}/", MODULES, str(HALF), protocol)
    subprocess.run(["node", *words], check=True, timeout=120)

    check(client, clip)


def test_curl_sends_by_the_draft(client: Client, link: str, clip: Path) -> None:
    """A whole file in one request, which hears where it can go on before its bytes are there."""
    program = shutil.which("curl")
    assert program is not None
    name = f'Content-Disposition: inline; filename="{clip.name}"'
    heads = ("Upload-Draft-Interop-Version: 8", "Upload-Complete: ?1", name)
    words = [word for head in heads for word in ("--header", head)]
    sent = ("--data-binary", f"@{clip}", f"{link}/uploads/")
    told = subprocess.run(
        [program, "--silent", "--show-error", "--include", *words, *sent],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    ).stdout

    assert "104 Upload Resumption Supported" in told
    assert "201 Created" in told
    check(client, clip)
