"""Unmodified tus clients send, stop and go on with nothing but a link's address."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

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
async def test_tus_js_client_sends_stops_and_goes_on(house: Receiving, clip: Path) -> None:
    """The client of browsers, run by Node.js."""
    node = shutil.which("node")
    if node is None or not (MODULES / "tus-js-client").is_dir():
        pytest.skip("tus-js-client is missing: `make web` installs it")
    sender = await house.sender()

    process = await asyncio.create_subprocess_exec(
        node,
        *(str(HERE / "send.cjs"), str(clip), sender.files, str(MODULES), "2000000"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, trouble = await process.communicate()

    assert 0 == process.returncode, trouble.decode()
    await check(house, told.decode().strip(), clip)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
