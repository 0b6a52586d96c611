"""What any person must be able to do with any page: axe, and no sideways scroll."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import (  # type: ignore[import-untyped]  # it has no types
    Axe,
)
from playwright.sync_api import Page

WIDTHS = (320, 360, 820, 1440)


def find_violations(page: Page) -> list[tuple[str, str]]:
    """Return what axe objects to, at the width of a phone and of a desk."""
    found = []
    for width in (WIDTHS[1], WIDTHS[-1]):
        page.set_viewport_size({"width": width, "height": 740})
        found += Axe().run(page).response["violations"]
    return [(violation["id"], violation["nodes"][0]["html"]) for violation in found]


def find_sideways(page: Page) -> list[int]:
    """Return the widths at which the page is wider than its window."""
    wide = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 740})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(width)
    return wide
