"""Unmodified tus clients send, stop and go on with nothing but a link's address."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import aiotus
import pytest
from tusclient.client import TusClient

from rushes.uploads.upload import State
from tests.support.receiving import Receiving, receiving

HERE = Path(__file__).parent
MODULES = Path(__file__).parents[3] / "web" / "node_modules"


@pytest.fixture
async def house(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Receiving]:
    """A server that takes uploads."""
    async with receiving(sqlite_url, tmp_path / "house") as running:
        yield running


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A file of 5 MB and a bit."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(os.urandom(5_000_123))
    return path


async def check(house: Receiving, url: str, clip: Path) -> None:
    """Compare what is kept with what was sent."""
    upload = await house.parts.upload(url.rpartition("/")[2])
    assert (State.COMPLETED, clip.name) == (upload.state, upload.file_name)
    kept = await house.parts.content(upload.id)
    assert _digest(clip) == hashlib.sha256(kept).hexdigest()


@pytest.mark.covers("C-UP-02", "C-UP-03", "CF-09")
async def test_tuspy_sends_stops_and_goes_on(house: Receiving, clip: Path) -> None:
    """With the checksum of each piece."""
    sender = await house.sender()

    def send() -> str:
        client = TusClient(sender.files)
        words = {"filename": clip.name}
        with clip.open("rb") as file:
            options = {"file_stream": file, "chunk_size": 1_000_000, "metadata": words}
            first = client.uploader(upload_checksum=True, **options)
            first.upload(stop_at=2_000_000)
            second = client.uploader(url=first.url, upload_checksum=True, **options)
            assert second.offset == 2_000_000
            second.upload()
            return str(second.url)

    await check(house, await asyncio.to_thread(send), clip)


@pytest.mark.covers("C-UP-02", "C-UP-03", "CF-09")
@pytest.mark.parametrize(
    ("protocol", "place"),
    [("tus-v1", "files"), ("ietf-draft-03", "uploads"), ("ietf-draft-05", "uploads")],
)
async def test_tus_js_client_sends_stops_and_goes_on(
    house: Receiving, clip: Path, protocol: str, place: str
) -> None:
    """The client of browsers, run by Node.js, by each protocol that it speaks."""
    await send_by_node(house, clip, place, "2000000", protocol)


@pytest.mark.covers("C-UP-02", "C-UP-03", "CF-09")
async def test_tus_js_client_sends_in_parallel(house: Receiving, clip: Path) -> None:
    """Three partial uploads at once, and a final one: its own way to be fast."""
    await send_by_node(house, clip, "files", "0", "tus-v1", "3")


async def send_by_node(house: Receiving, clip: Path, place: str, *options: str) -> None:
    """Send with tus-js-client: where to stop, by which protocol, how many at once."""
    node = shutil.which("node")
    if node is None or not (MODULES / "tus-js-client").is_dir():
        pytest.skip("tus-js-client is missing: `make web` installs it")
    sender = await house.sender()

    process = await asyncio.create_subprocess_exec(
        node,
        *(str(HERE / "send.cjs"), str(clip), sender.files.replace("/files/", f"/{place}/")),
        *(str(MODULES), *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, trouble = await process.communicate()

    assert 0 == process.returncode, trouble.decode()
    await check(house, told.decode().strip(), clip)


async def curl(*words: str) -> tuple[int, str]:
    """Run curl; return its exit code and every head that it heard."""
    program = shutil.which("curl")
    if program is None:
        pytest.skip("curl is missing: `apt install curl`")
    process = await asyncio.create_subprocess_exec(
        program,
        *("--silent", "--show-error", "--include", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate()
    return process.returncode or 0, told.decode()


def find_header(told: str, name: str) -> str:
    """Return the last value of a header in what curl printed."""
    found = re.findall(rf"^{name}: (.*?)\r?$", told, re.MULTILINE | re.IGNORECASE)
    assert found, told
    return str(found[-1])


async def test_curl_sends_a_file_in_one_request(house: Receiving, clip: Path) -> None:
    """It waits for 100, hears 104, and gets the upload as JSON."""
    sender = await house.sender()

    code, told = await curl(
        *("--data-binary", f"@{clip}", "--header", "Upload-Draft-Interop-Version: 8"),
        *("--header", "Upload-Complete: ?1"),
        *("--header", f'Content-Disposition: inline; filename="{clip.name}"'),
        sender.files.replace("/files/", "/uploads/"),
    )

    assert 0 == code, told
    assert "HTTP/1.1 104 Upload Resumption Supported" in told
    assert "HTTP/1.1 201 Created" in told
    await check(house, find_header(told, "Location"), clip)


async def test_curl_goes_on_where_it_stopped(house: Receiving, clip: Path) -> None:
    """The careful way by hand: begin, send a part, ask, send the rest."""
    sender = await house.sender()
    version = ("--header", "Upload-Draft-Interop-Version: 8")
    body = await asyncio.to_thread(clip.read_bytes)
    part = clip.with_name("part")

    _, begun = await curl(
        *("--request", "POST", *version, "--header", "Upload-Complete: ?0"),
        *("--header", f"Upload-Length: {len(body)}"),
        *("--header", f'Content-Disposition: inline; filename="{clip.name}"'),
        sender.files.replace("/files/", "/uploads/"),
    )
    url = find_header(begun, "Location")
    await asyncio.to_thread(part.write_bytes, body[:2_000_000])
    append = (
        "--request",
        "PATCH",
        *version,
        "--header",
        "Content-Type: application/partial-upload",
    )
    await curl(
        *(*append, "--header", "Upload-Offset: 0", "--header", "Upload-Complete: ?0"),
        *("--data-binary", f"@{part}", url),
    )
    _, state = await curl("--head", *version, url)
    offset = int(find_header(state, "Upload-Offset"))
    await asyncio.to_thread(part.write_bytes, body[offset:])
    code, ended = await curl(
        *(*append, "--header", f"Upload-Offset: {offset}", "--header", "Upload-Complete: ?1"),
        *("--data-binary", f"@{part}", url),
    )

    assert (0, 2_000_000, "?1") == (code, offset, find_header(ended, "Upload-Complete"))
    await check(house, url, clip)


@pytest.mark.covers("C-UP-02", "C-UP-03", "CF-09")
async def test_aiotus_sends_and_goes_on(house: Receiving, clip: Path) -> None:
    """The client of asyncio programs, by each of its two ways: whole, and joined of pieces."""
    sender = await house.sender()
    words = {"filename": clip.name.encode()}
    body = await asyncio.to_thread(clip.read_bytes)
    pieces = [io.BytesIO(body[:2_000_000]), io.BytesIO(body[2_000_000:])]

    with clip.open("rb") as file:
        whole = await aiotus.upload(sender.files, file, words, chunksize=1_000_000)
    joined = await aiotus.upload_multiple(sender.files, pieces, words, chunksize=1_000_000)

    for url in (whole, joined):
        await check(house, str(url), clip)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
