"""The browser of these tests, and what no page may do in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from rushes.web.assets import find_bundle
from tests.browser.small_house import SmallHouse, serve
from tests.support.sockets import is_loopback

ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 20_000
EXPECTED = "Failed to load resource: "  # a refusal that the page then puts into words


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests; each has a context of its own."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("Chromium is missing (Debian package chromium)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        expect.set_options(timeout=PATIENCE_MS)
        yield chromium
        chromium.close()


@pytest.fixture
def house() -> Iterator[SmallHouse]:
    """Pages with a small server behind them."""
    if find_bundle() is None:
        pytest.fail("The web pages were not built. Run `make web`.")
    with serve(SmallHouse()) as running:
        yield running


@pytest.fixture
def context(browser: Browser, house: SmallHouse) -> Iterator[BrowserContext]:
    """A browser that was never here before."""
    made = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=house.url)
    made.set_default_timeout(PATIENCE_MS)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page; an error in it, a refusal of its policy, or a request to elsewhere fails the test."""
    faults: list[str] = []
    context.on("request", lambda request: faults.extend(_elsewhere(request.url)))
    context.on(
        "console",
        lambda message: (
            faults.append(message.text)
            if message.type == "error" and not message.text.startswith(EXPECTED)
            else None
        ),
    )
    context.on("weberror", lambda fault: faults.append(str(fault.error)))
    yield context.new_page()
    assert faults == []


def _elsewhere(url: str) -> list[str]:
    parts = urlsplit(url)
    is_own = parts.scheme in {"blob", "data", "about"} or is_loopback(parts.hostname or "")
    return [] if is_own else [f"A request left the machine: {url}"]
