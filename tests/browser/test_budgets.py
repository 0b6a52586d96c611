"""What a page weighs: strangers load little, and the portal no more than it was given."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from rushes.web.assets import STATIC, Entry, find_bundle

KB = 1000
BUDGETS = {"upload": (45, 8), "login": (8, 6), "portal": (170, 25)}
"""Entry: kB of JavaScript and of style, packed; the table of the design."""

ROUTE = (40, 5)
"""Each further route of the portal."""

PLAYER = 240
"""The player with everything it loads at the first play."""


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    """The manifest of the built bundle."""
    if find_bundle() is None:
        pytest.fail("The web pages were not built. Run `make web`.")
    found: dict[str, Any] = json.loads((STATIC / ".vite" / "manifest.json").read_bytes())
    return found


def weigh(names: Iterator[str] | tuple[str, ...]) -> float:
    """Return kB of the files, packed."""
    return sum(len(gzip.compress((STATIC / name).read_bytes(), 9)) for name in set(names)) / KB


def entry_of(name: str) -> Entry:
    """Return an entry of the built bundle."""
    bundle = find_bundle()
    assert bundle is not None
    return bundle.entries[name]


@pytest.mark.usefixtures("manifest")
@pytest.mark.parametrize("name", BUDGETS)
def test_an_entry_keeps_its_budget(name: str) -> None:
    """What is loaded before the page can be used."""
    entry = entry_of(name)
    scripts, styles = BUDGETS[name]

    assert weigh((entry.script, *entry.preloads)) <= scripts
    assert weigh(entry.styles) <= styles


def test_nothing_in_the_bundle_is_forgotten_or_tells_too_much(manifest: dict[str, Any]) -> None:
    """Every file that the manifest names exists; there are no source maps."""
    named = {entry["file"] for entry in manifest.values()}

    assert [] == sorted(name for name in named if not (STATIC / name).is_file())
    assert [] == sorted(path.name for path in STATIC.rglob("*.map"))
    scripts = "".join(path.read_text() for path in STATIC.glob("*.js"))
    assert "sourceMappingURL" not in scripts
