"""The one Chromium of the tests that need a person's browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

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
PATIENCE_MS = 40_000
"""How long a page may take for one thing: a busy machine with two cores is slow, not broken."""

LIMIT_SECONDS = 180
"""Of one such test: its server's start and several patient waits fit into it."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests that open a browser their own limit."""
    for item in items:
        opens = isinstance(item, pytest.Function) and "browser" in item.fixturenames
        if opens and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(LIMIT_SECONDS))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of a file; each has a context of its own.

    Not one for the whole run: while it is open, Playwright's loop runs in this thread, and tests
    that bring a loop of their own would fail.
    """
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("Chromium is missing (Debian package chromium)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        expect.set_options(timeout=PATIENCE_MS)
        yield chromium
        chromium.close()
