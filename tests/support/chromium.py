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
PATIENCE_MS = 20_000


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
