"""Bytes go to an address of their own, where the server has a second one for them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from rushes.client import Rushes
from tests.support.bad_line import BadLine, bad_line
from tests.support.chromium import PATIENCE_MS
from tests.support.programs import find_ports
from tests.support.served import Served, serving

MIB = 2**20
SIZE = 20 * MIB
WORDS = MIB
"""More than all words about an upload, and far less than a file."""

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def port() -> int:
    """The port that the server will listen on."""
    return find_ports(1)[0]


@pytest.fixture(scope="module")
def beside(port: int) -> Iterator[BadLine]:
    """The second address; all that goes there is counted."""
    with bad_line(port) as line:
        yield line


@pytest.fixture(scope="module")
def before(port: int) -> Iterator[BadLine]:
    """The address that people use."""
    with bad_line(port) as line:
        yield line


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, port: int, before: BadLine, beside: BadLine
) -> Iterator[Served]:
    """A server with both, where no page of another site may send."""
    settings = {
        "RUSHES_BASE_URL": before.url,
        "RUSHES_UPLOAD_URL": beside.url,
        "RUSHES_HTTP_LINK_ORIGINS": "[]",
    }
    with serving(tmp_path_factory.mktemp("beside"), port, **settings) as running:
        yield running


@pytest.fixture
def link(served: Served, before: BadLine) -> str:
    """The address of an upload link, as people use it."""
    with served.client() as client:
        address: str = client.make_link(types=["any"])["url"]
    return before.url + urlsplit(address).path


@pytest.fixture
def film(tmp_path: Path) -> tuple[Path, str]:
    """A file of random bytes, and its digest."""
    content = os.urandom(SIZE)
    path = tmp_path / "film.bin"
    path.write_bytes(content)
    return path, hashlib.sha256(content).hexdigest()


def test_a_page_sends_bytes_past_the_address_of_its_own(
    browser: Browser, link: str, before: BadLine, beside: BadLine, film: tuple[Path, str]
) -> None:
    """Its policy names the other address, and the other address lets it in."""
    sent, words = beside.bytes_up, before.bytes_up
    path, digest = film
    with browser.new_context() as context:
        context.set_default_timeout(2 * PATIENCE_MS)
        page = context.new_page()
        page.goto(link)
        page.wait_for_selector("body[data-ready]")

        page.set_input_files("#pick-files", path)

        expect(page.locator("#summary-words")).to_have_text("1 file received", timeout=120_000)
        expect(page.locator(".receipt-digest.figures").first).to_contain_text(
            digest[:8], timeout=120_000
        )
    assert beside.bytes_up - sent > SIZE
    assert before.bytes_up - words < WORDS


@pytest.mark.parametrize("size", [5 * MIB, SIZE], ids=["tus", "chunks"])
def test_the_sdk_sends_bytes_where_the_server_says(
    link: str, before: BadLine, beside: BadLine, tmp_path: Path, size: int
) -> None:
    """Nothing but the link is told; what is asked about the upload goes where it always goes."""
    sent, words = beside.bytes_up, before.bytes_up
    path = tmp_path / f"{size}.bin"
    path.write_bytes(os.urandom(size))

    with Rushes(link=link, state=tmp_path / "state") as rushes:
        upload = rushes.send(path)

    assert "accepted" == upload.state
    assert beside.bytes_up - sent > size
    assert before.bytes_up - words < 2 * WORDS
