"""What a page weighs: strangers load little, and the portal no more than it was given."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from rushes.web.assets import STATIC, Entry, find_bundle

KB = 1000
BUDGETS = {"upload": (45, 8), "login": (8, 6), "watch": (20, 8), "portal": (170, 25)}
"""Entry: kB of JavaScript and of style, packed; the table of the design."""

ROUTE = (40, 5)
"""Each further route of the portal."""

PLAYER = 260
"""What the portal loads at the first play: hls.js (174), media-chrome with its menus, our own."""


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


def later_files(manifest: dict[str, Any], key: str, kind: str) -> set[str]:
    """Return what a part that is loaded later brings along, beyond the portal's own files."""
    portal = next(name for name, chunk in manifest.items() if chunk.get("name") == "portal")
    needed = reach(manifest, key) - reach(manifest, portal)
    if kind == "js":
        return {manifest[name]["file"] for name in needed if name.endswith((".ts", ".tsx", ".js"))}
    return {style for name in needed for style in manifest[name].get("css", ())}


def reach(manifest: dict[str, Any], key: str) -> set[str]:
    """Return a chunk with all that it imports at once."""
    found, open_ = set[str](), [key]
    while open_:
        name = open_.pop()
        if name not in found:
            found.add(name)
            open_ += manifest[name].get("imports", ())
    return found


def test_each_further_part_of_the_portal_keeps_its_budget(manifest: dict[str, Any]) -> None:
    """A route costs little more; the player, at its first play, costs much."""
    parts = [
        name
        for name, chunk in manifest.items()
        if chunk.get("isDynamicEntry") and name.startswith(("portal/routes/", "player/"))
    ]

    weights = {
        name: tuple(weigh(tuple(later_files(manifest, name, kind))) for kind in ("js", "css"))
        for name in parts
    }

    assert parts
    assert {} == {
        name: (scripts, styles)
        for name, (scripts, styles) in weights.items()
        if scripts > (PLAYER if name.startswith("player/") else ROUTE[0]) or styles > ROUTE[1]
    }


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
