"""Layout: client and project by the folders of a key."""

from __future__ import annotations

import pytest

from rushes.tiers.layout import (
    BadLayout,
    Spot,
    find_prefix,
    find_spot,
    is_own,
    kind_of,
    parse_layout,
)


@pytest.mark.parametrize(
    ("layout", "key", "spot"),
    [
        ("{client}/{project}", "acme/spring/a.mov", Spot("acme", "spring", "a.mov")),
        ("{client}/{project}", "acme/spring/day 1/a.mov", Spot("acme", "spring", "a.mov")),
        ("{client}/{project}", "acme/a.mov", None),
        ("old/{client}/*/{project}", "old/acme/2020/spring/a", Spot("acme", "spring", "a")),
        ("old/{client}/{project}", "new/acme/spring/a", None),
        ("a/a/{project}/{client}", "a/a/spring/acme/a", Spot("acme", "spring", "a")),
        ("a/b/{project}/{client}", "a/a/spring/acme/a", None),
    ],
)
@pytest.mark.covers("M-ST-15")
def test_a_key_tells_its_place_by_the_layout(layout: str, key: str, spot: Spot | None) -> None:
    """Literal folders have to be there; what lies deeper belongs to the same project."""
    assert spot == find_spot(parse_layout(layout), key)


@pytest.mark.parametrize("text", ["", "{client}", "{client}/{client}/{project}", "a//{client}"])
def test_a_layout_names_client_and_project_once(text: str) -> None:
    """Anything else is refused with an example."""
    with pytest.raises(BadLayout, match="once"):
        parse_layout(text)


@pytest.mark.parametrize(
    ("layout", "prefix"),
    [("{client}/{project}", ""), ("old/b/{client}/c/{project}", "old/b/"), ("*/{client}", "")],
)
def test_a_layout_begins_with_its_named_folders(layout: str, prefix: str) -> None:
    """Only keys that begin so have to be listed."""
    assert prefix == find_prefix(layout.split("/"))


@pytest.mark.parametrize(
    ("key", "own"),
    [
        ("originals/a/b", True),
        ("proxies/a", True),
        ("stills/a", True),
        ("landing/u", True),
        (".rushes-store", True),
        ("acme/.DS_Store", True),
        ("acme/originals/a.mov", False),
    ],
)
def test_what_is_ours_or_hidden_is_not_for_import(key: str, own: bool) -> None:  # noqa: FBT001 - a table
    """Only at the beginning of a key are the folders ours."""
    assert own == is_own(key)


@pytest.mark.parametrize(("key", "kind"), [("a/B.MOV", "mov"), ("a.b/c", "")])
def test_a_kind_is_the_extension_in_small_letters(key: str, kind: str) -> None:
    """Of the name, not of a folder."""
    assert kind == kind_of(key)
