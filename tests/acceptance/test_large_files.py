"""Large files from a real browser: parts, lost lines, closed tabs, second thoughts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, expect

from tests.support.chromium import PATIENCE_MS
from tests.support.served import Served, serving

MIB: Final = 1024 * 1024
LARGE: Final = 100 * MIB
"""Four parts of 32 MiB, the last one smaller."""

SLOW: Final = 12 * MIB
"""Bytes per second of a line on which there is time to interrupt."""

EXPECTED: Final = "Failed to load resource: "
TUS: Final = {"Tus-Resumable": "1.0.0"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that lasts for all tests of this file."""
    with serving(tmp_path_factory.mktemp("sending")) as running:
        yield running


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A large file that the gate takes: lines of text, no two parts alike."""
    path = tmp_path_factory.mktemp("notes") / "notes.txt"
    with path.open("wb") as file:
        for number in range(LARGE // MIB):
            line = hashlib.sha256(str(number).encode()).hexdigest().encode() + b"\n"
            file.write((line * (MIB // len(line) + 1))[:MIB])
    return path


@pytest.fixture
def context(browser: Browser, served: Served) -> Iterator[BrowserContext]:
    """A browser that was never here before; an error on a page fails the test."""
    made = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=served.url)
    made.set_default_timeout(PATIENCE_MS)
    faults: list[str] = []
    made.on("weberror", lambda fault: faults.append(str(fault.error)))
    yield made
    made.close()
    assert faults == []


@pytest.fixture
def link(served: Served) -> str:
    """The address of a fresh link, without its host."""
    with served.client() as client:
        return httpx.URL(client.make_link()["url"]).path


def open_page(context: BrowserContext, link: str, speed: float | None = None) -> Page:
    """Open the link in a new tab, on a line of so many bytes per second."""
    page = context.new_page()
    set_speed(page, speed)
    page.goto(link)
    page.wait_for_selector("body[data-ready]")
    return page


def set_speed(page: Page, speed: float | None) -> None:
    """Narrow the line upwards, or open it."""
    page.context.new_cdp_session(page).send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": 0,
            "downloadThroughput": -1,
            "uploadThroughput": -1 if speed is None else speed,
        },
    )


def choose(page: Page, path: Path) -> None:
    page.set_input_files("#pick-files", path)


def row_of(page: Page, name: str) -> Locator:
    return page.locator("#files .file").filter(has_text=name)


def wait_for_percent(page: Page, percent: int) -> None:
    """Wait until so much of all files has left."""
    page.wait_for_function(
        "(percent) => Number(document.querySelector('#total').value) >= percent", arg=percent
    )


@contextmanager
def listening(page: Page) -> Iterator[list[Request]]:
    """Collect what the page asks while it is open."""
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))  # noqa: PLW0108 - a builtin takes no attribute
    yield asked


def addresses_in(asked: list[Request]) -> list[str]:
    """Return the addresses of the uploads that were begun."""
    answers = [request.response() for request in asked if request.method == "POST"]
    return [answer.headers["location"] for answer in answers if answer and answer.status == 201]


def bytes_in(asked: list[Request]) -> int:
    """Return how many bytes of files were sent."""
    bodies = [one for one in asked if one.method in {"PATCH", "POST"} and "/files/" in one.url]
    return sum(int(one.all_headers().get("content-length", "0")) for one in bodies)


def held_at(addresses: list[str]) -> int:
    """Return how many bytes of these uploads the server holds."""
    answers = [httpx.head(address, headers=TUS) for address in addresses]
    assert {200} == {answer.status_code for answer in answers}
    return sum(int(answer.headers["upload-offset"]) for answer in answers)


def digest_on(page: Page) -> str:
    """Return the digest on the receipt."""
    shown = page.locator(".receipt-digest.figures")
    expect(shown).to_be_visible()
    return (shown.text_content() or "").replace(" ", "")


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@pytest.mark.covers("X-UP-17", "W-07", "M-UP-17", "M-UX-04")
def test_a_tab_closed_midway_sends_nothing_twice(
    context: BrowserContext, link: str, notes: Path
) -> None:
    """Parts side by side; the same file chosen again brings only the missing bytes."""
    # given
    page = open_page(context, link, SLOW)
    with listening(page) as asked:
        choose(page, notes)
        wait_for_percent(page, 50)
    begun = addresses_in(asked)
    page.close(run_before_unload=False)
    held = held_at(begun)

    # when
    again = open_page(context, link)
    expect(again.locator("#unfinished-title")).to_have_text("1 file is unfinished")
    expect(again.locator("#unfinished-words")).to_contain_text("are safe here")
    with listening(again) as asked_again:
        choose(again, notes)
        expect(again.locator("#summary-words")).to_have_text("1 file received")

    # then
    assert 3 <= len(begun) <= 4
    assert LARGE * 0.4 < held < LARGE
    assert LARGE - held == bytes_in(asked_again)
    assert digest_of(notes) == digest_on(again)


@pytest.mark.covers("M-UX-08", "BG-49")
def test_a_cancel_leaves_nothing_on_the_server(
    context: BrowserContext, served: Served, link: str, notes: Path
) -> None:
    """Neither an upload nor a byte of its parts, and nothing to come back to."""
    page = open_page(context, link, SLOW)
    with listening(page) as asked:
        choose(page, notes)
        wait_for_percent(page, 20)
    begun = addresses_in(asked)

    page.get_by_role("button", name="Cancel: notes.txt").click()
    expect(row_of(page, "notes.txt")).to_have_attribute("data-state", "cancelled")

    page.wait_for_function(
        "async (urls) => (await Promise.all(urls.map((url) => fetch(url, {"
        " method: 'HEAD', headers: { 'Tus-Resumable': '1.0.0' } }))))"
        ".every(({ status }) => status === 404 || status === 410)",
        arg=begun,
    )
    left = ["not looked at yet"]
    for _ in range(PATIENCE_MS // 100):  # their files go right after
        left = [path.name for path in (served.data / "spool").rglob("upl_*") if path.is_file()]
        if not left:
            break
        page.wait_for_timeout(100)
    assert [] == left
    page.reload()
    page.wait_for_selector("body[data-ready]")
    expect(page.locator("#unfinished")).to_be_hidden()


@pytest.mark.covers("M-UX-10", "M-UP-17")
def test_a_line_that_is_away_for_a_while_costs_nothing(
    context: BrowserContext, link: str, notes: Path
) -> None:
    """It is said, it is waited for, and the bytes go on by themselves."""
    page = open_page(context, link, SLOW)
    choose(page, notes)
    wait_for_percent(page, 20)

    context.set_offline(True)
    expect(page.locator("#offline")).to_be_visible()
    expect(row_of(page, "notes.txt")).to_have_attribute("data-state", "waiting")
    page.wait_for_timeout(3_000)
    context.set_offline(False)

    expect(page.locator("#summary-words")).to_have_text("1 file received")
    assert digest_of(notes) == digest_on(page)


def test_a_server_that_starts_again_is_waited_for(
    context: BrowserContext, served: Served, link: str, notes: Path
) -> None:
    """Killed in the middle, started again at the same place: the file arrives whole."""
    page = open_page(context, link, SLOW)
    choose(page, notes)
    wait_for_percent(page, 30)

    served.kill()
    expect(row_of(page, "notes.txt")).to_contain_text("Retry in")
    served.start()

    expect(page.locator("#summary-words")).to_have_text("1 file received")
    assert digest_of(notes) == digest_on(page)


def test_one_tab_sends_at_a_time(
    context: BrowserContext, link: str, notes: Path, tmp_path: Path
) -> None:
    """The other says why it waits, leaves the first one's file alone, and follows."""
    first = open_page(context, link, SLOW)
    choose(first, notes)
    wait_for_percent(first, 5)
    second = open_page(context, link)
    small = tmp_path / "small.txt"
    small.write_text("A few words.")

    choose(second, small)
    choose(second, notes)
    expect(second.locator("#elsewhere")).to_be_visible()
    expect(second.locator("#unfinished")).to_be_hidden()
    expect(row_of(second, "notes.txt")).to_contain_text("Another tab")
    set_speed(first, None)

    expect(first.locator("#summary-words")).to_have_text("1 file received")
    expect(row_of(second, "small.txt")).to_have_attribute("data-state", "received")
    expect(second.locator("#elsewhere")).to_be_hidden()
