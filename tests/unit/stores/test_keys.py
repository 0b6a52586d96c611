"""Keys are made of ids, slugs and safe names."""

from __future__ import annotations

import unicodedata

import pytest

from rushes.stores.keys import (
    NAME_BYTES_AT_MOST,
    Shelf,
    numbered,
    original_key,
    rendition_key,
    safe_name,
)
from rushes.stores.store import parse_key
from tests.support.hostile_names import HOSTILE_NAMES

SHELF = Shelf("acme", "spring", "ast_1")


@pytest.mark.covers("T-PA-01", "T-PA-02", "CF-06", "M-ST-05")
def test_keys_have_the_layout_of_the_house() -> None:
    """Client before project, and one id everywhere."""
    keys = (
        original_key(SHELF, "Interview 4K.mov"),
        rendition_key(SHELF, "720p.mp4"),
    )

    assert (
        "originals/acme/spring/ast_1/Interview 4K.mov",
        "proxies/acme/spring/ast_1/720p.mp4",
    ) == keys


def test_a_later_object_of_the_same_name_gets_a_number() -> None:
    """Before the extension, where there is one; nothing is overwritten."""
    keys = [numbered(key, 2) for key in ("p/a/720p.mp4", "p/a/notes", "p/a/.x")]

    assert ["p/a/720p.r2.mp4", "p/a/notes.r2", "p/a/.x.r2"] == keys


def test_a_numbered_key_of_the_longest_name_is_still_a_key() -> None:
    """The stem is cut to make room."""
    key = numbered("p/a/" + "n" * 196 + ".mp4", 99)

    assert ("p", "a") == parse_key(key)[:2]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("clip.mov", "clip.mov"),
        ("a/b\\c:d", "a_b_c_d"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("...", "ast_1"),
        ("", "ast_1"),
        ("_", "ast_1"),
        ("-rf", "rf"),
        ("name. ", "name"),
        ("con.mov", "_con.mov"),
        ("COM1", "_COM1"),
        ("console.mov", "console.mov"),
        ("a\r\nb\x1b\u202egpj.mov", "abgpj.mov"),
        ("cafe\u0301.mov", "café.mov"),
        ("a\udc80b", "ab"),
    ],
)
def test_a_name_becomes_harmless(name: str, safe: str) -> None:
    """It stays readable where it can."""
    assert safe == safe_name(name, "ast_1")


@pytest.mark.covers("BG-11")
@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_every_hostile_name_makes_a_key_of_one_more_segment(name: str) -> None:
    """In the right folder, within the limits, and the same when it is made safe again."""
    key = original_key(SHELF, name)

    *folders, last = parse_key(key)
    assert ["originals", "acme", "spring", "ast_1"] == folders
    assert len(last.encode()) <= NAME_BYTES_AT_MOST
    assert unicodedata.normalize("NFC", last) == last
    assert safe_name(last, "ast_1") == last


@pytest.mark.parametrize(
    ("name", "end"),
    [("ü" * 300 + ".mov", ".mov"), ("n" * 300, "n"), ("n" * 100 + "." + "e" * 200, "e")],
)
def test_a_long_name_keeps_its_extension(name: str, end: str) -> None:
    """Unless the extension is the long part."""
    safe = safe_name(name, "ast_1")

    assert len(safe.encode()) <= NAME_BYTES_AT_MOST
    assert safe.endswith(end)
