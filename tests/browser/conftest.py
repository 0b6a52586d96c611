"""The browser of these tests, and what no page may do in it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from rushes.web.assets import find_bundle
from tests.browser.small_house import SmallHouse, serve
from tests.support.chromium import PATIENCE_MS
from tests.support.sockets import is_loopback

EXPECTED = "Failed to load resource: "  # a refusal that the page then puts into words


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
