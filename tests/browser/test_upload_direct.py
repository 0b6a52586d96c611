"""Large files go from the pages straight into the archive's bucket, a real one, past the server."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from tests.support.bad_line import BadLine, bad_line
from tests.support.chromium import PATIENCE_MS
from tests.support.portal import open_session, portal_page
from tests.support.served import Client, Served
from tests.support.vaulted import Bucket, wait_until

MIB = 2**20
PART = 16 * MIB
MOST_WORDS = MIB
"""More than all words of a page to the server, and far less than any file of these tests."""


def list_parts(page: Page) -> list[int]:
    """Return a list that grows by the number of each part that a page has sent to the bucket."""
    numbers: list[int] = []

    def take(request: Request) -> None:
        if request.method == "PUT":
            numbers.append(number_of(request.url))

    page.on("requestfinished", take)
    return numbers


def number_of(url: str) -> int:
    """Return the number of the part that an address takes."""
    return int(parse_qs(urlsplit(url).query)["partNumber"][0])


@pytest.fixture
def line(vaulted: Served) -> Iterator[BadLine]:
    """All that goes to the server goes through this line, and is counted."""
    with bad_line(vaulted.port) as opened:
        yield opened


@pytest.fixture
def link(vault_client: Client, line: BadLine, bucket: Bucket) -> str:
    """The address of an upload link, whose page the bucket lets in."""
    bucket.let_pages_in(line.url)
    address: str = vault_client.make_link(types=["any"])["url"]
    return line.url + urlsplit(address).path


@pytest.fixture
def stranger(browser: Browser) -> Iterator[Page]:
    """A page of somebody who was never here."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(2 * PATIENCE_MS)
    yield context.new_page()
    context.close()


def make_file(folder: Path, name: str, size: int) -> tuple[Path, str]:
    """Write random bytes; return where, and their digest."""
    content = os.urandom(size)
    path = folder / name
    path.write_bytes(content)
    return path, hashlib.sha256(content).hexdigest()


def open_page(page: Page, link: str) -> None:
    """Open the link's page, and wait until its program has looked around."""
    page.goto(link)
    page.wait_for_selector("body[data-ready]")


def expect_receipt(page: Page, digest: str) -> None:
    """Wait until one file was received, with this digest."""
    expect(page.locator("#summary-words")).to_have_text("1 file received", timeout=120_000)
    shown = page.locator(".receipt-digest.figures").first
    spaced = " ".join(digest[at : at + 8] for at in range(0, 64, 8))
    expect(shown).to_have_text(spaced, timeout=120_000)


@pytest.mark.covers("M-UP-01", "W-02")
def test_no_byte_of_a_large_file_goes_to_the_server(
    line: BadLine, stranger: Page, link: str, tmp_path: Path
) -> None:
    """What goes over the line to the server is counted: words. The bucket gets three parts."""
    # given
    path, digest = make_file(tmp_path, "large.bin", 2 * PART + 5 * MIB)
    parts = list_parts(stranger)
    open_page(stranger, link)

    # when
    stranger.set_input_files("#pick-files", path)

    # then
    expect_receipt(stranger, digest)
    assert [1, 2, 3] == sorted(parts)
    assert line.bytes_up < MOST_WORDS


@pytest.mark.covers("M-UP-06")
def test_a_small_file_goes_by_one_put(
    line: BadLine, bucket: Bucket, stranger: Page, link: str, tmp_path: Path
) -> None:
    """To the server go words alone; the bucket gets one request, and begins no multipart."""
    # given
    path, digest = make_file(tmp_path, "small.bin", 5 * MIB)
    before = len(bucket.multiparts())
    puts: list[str] = []
    stranger.on(
        "requestfinished",
        lambda request: puts.append(request.url) if request.method == "PUT" else None,
    )
    open_page(stranger, link)

    # when
    stranger.set_input_files("#pick-files", path)

    # then
    expect_receipt(stranger, digest)
    assert [True] == ["/landing/upl_" in url and "partNumber" not in url for url in puts]
    assert before == len(bucket.multiparts())
    assert line.bytes_up < MOST_WORDS


@pytest.mark.covers("M-UP-17")
def test_after_a_reload_only_missing_parts_are_sent(
    line: BadLine, bucket: Bucket, browser: Browser, link: str, tmp_path: Path
) -> None:
    """The bucket's own list of parts says what is there."""
    # given
    path, digest = make_file(tmp_path, "again.bin", 4 * PART)
    with browser.new_context() as context:
        context.set_default_timeout(2 * PATIENCE_MS)
        page = context.new_page()
        page.route(re.compile("partNumber=[34]"), lambda _: None)  # these never arrive
        open_page(page, link)
        page.set_input_files("#pick-files", path)
        wait_until(lambda: bucket.count_parts() == 2)
        page.close()

        # when
        page = context.new_page()
        parts = list_parts(page)
        open_page(page, link)
        expect(page.locator("#unfinished-words")).to_contain_text("33.55 MB of 67.11 MB")
        page.set_input_files("#pick-files", path)

        # then
        expect_receipt(page, digest)
        assert [3, 4] == sorted(parts)
        assert line.bytes_up < MOST_WORDS


@pytest.mark.covers("BG-47")
def test_an_address_that_has_expired_is_signed_again(
    stranger: Page, link: str, tmp_path: Path
) -> None:
    """The first answer to each part is the bucket's 403; nobody notices."""
    path, digest = make_file(tmp_path, "expired.bin", PART + MIB)
    refused: set[int] = set()

    def refuse_once(route: Route) -> None:
        number = number_of(route.request.url)
        if route.request.method != "PUT" or number in refused:
            route.continue_()
            return
        refused.add(number)
        route.fulfill(status=403, headers={"Access-Control-Allow-Origin": "*"})

    stranger.route(re.compile("partNumber="), refuse_once)
    open_page(stranger, link)

    stranger.set_input_files("#pick-files", path)

    expect_receipt(stranger, digest)
    assert {1, 2} == refused


@pytest.mark.covers("W-02")
def test_a_bucket_that_lets_nobody_in_is_passed_by(
    line: BadLine, bucket: Bucket, stranger: Page, link: str, tmp_path: Path
) -> None:
    """Without a rule for pages, the file comes by tus, and nothing of it stays in the bucket."""
    # given
    bucket.s3.delete_bucket_cors(Bucket=bucket.name)
    path, digest = make_file(tmp_path, "closed.bin", PART + MIB)
    open_page(stranger, link)

    # when
    stranger.set_input_files("#pick-files", path)

    # then
    expect_receipt(stranger, digest)
    assert line.bytes_up > PART
    wait_until(lambda: not [m for m in bucket.multiparts() if m["Key"].endswith("closed.bin")])


def test_the_portal_sends_the_same_way(
    vaulted: Served, vault_client: Client, bucket: Bucket, browser: Browser, tmp_path: Path
) -> None:
    """With a session instead of a link."""
    bucket.let_pages_in(vaulted.url)
    path, _ = make_file(tmp_path, "portal.bin", PART + MIB)
    with portal_page(browser, vaulted, open_session(browser, vaulted)) as page:
        parts = list_parts(page)
        page.goto("/app/library")
        page.get_by_role("button", name="Upload").first.click()
        dialog = page.get_by_role("dialog")
        dialog.locator("input[type=file]").first.set_input_files(path)
        dialog.get_by_role("button", name=re.compile("^Send")).click()
        expect(page.locator(".tray")).to_contain_text("Received", timeout=120_000)

    assert "portal.bin" == vault_client.settled("portal.bin")["file_name"]
    assert [1, 2] == sorted(parts)
