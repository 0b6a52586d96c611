"""Names on the wire are one line of ASCII that says the person's own name."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest

from rushes.delivery.disposition import (
    ASCII_CHARACTERS_AT_MOST,
    INLINE,
    NAME_BYTES_AT_MOST,
    clean_name,
    disposition,
    renamed,
)
from tests.support.hostile_names import HOSTILE_NAMES

FORM = re.compile(
    r'(inline|attachment); filename="([ -!#-\[\]-~]{1,150})"; '
    r"filename\*=UTF-8''((?:[A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-F]{2})+)"
)


def parts_of(name: str) -> tuple[str, str]:
    found = FORM.fullmatch(disposition(name, "ast_1", "video/mp4", is_download=True))
    assert found is not None
    return found[2], unquote(found[3])


@pytest.mark.covers("BG-69", "M-PB-14")
@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_every_hostile_name_makes_one_safe_header(name: str) -> None:
    """It parses as RFC 6266 says, and both names are harmless."""
    simple, full = parts_of(name)

    assert len(simple) <= ASCII_CHARACTERS_AT_MOST
    assert 0 < len(full.encode()) <= NAME_BYTES_AT_MOST
    assert not set(full) & set("/\\:\r\n\x00\x1b\u202e")
    assert full.strip() not in {"", ".", ".."}


@pytest.mark.parametrize(
    ("name", "simple", "full"),
    [
        ("clip.mov", "clip.mov", "clip.mov"),
        ("Ünter 100%.mov", "_nter 100_.mov", "Ünter 100%.mov"),
        ('a"b.mov', "a_b.mov", 'a"b.mov'),
        ("a/b\\c:d.mov", "abcd.mov", "abcd.mov"),
        ("..", "ast_1", "ast_1"),
        ("   ", "ast_1", "ast_1"),
        ("日本.mov", "__.mov", "日本.mov"),
    ],
)
def test_a_name_is_kept_as_far_as_it_can_be(name: str, simple: str, full: str) -> None:
    """Old programs get it in ASCII."""
    assert (simple, full) == parts_of(name)


@pytest.mark.parametrize(
    ("name", "end"),
    [("ü" * 300 + ".mov", ".mov"), ("n" * 300, "n"), ("n." + "e" * 300, "e")],
)
def test_a_long_name_is_cut_at_a_code_point(name: str, end: str) -> None:
    """And keeps its extension, unless that is the long part."""
    kept = clean_name(name, "ast_1")

    assert len(kept.encode()) <= NAME_BYTES_AT_MOST
    assert kept.endswith(end)


@pytest.mark.parametrize("media_type", sorted(INLINE))
def test_what_no_browser_runs_may_be_shown_in_place(media_type: str) -> None:
    """Unless it is to be saved."""
    assert disposition("a", "b", media_type, is_download=False).startswith("inline; ")
    assert disposition("a", "b", media_type, is_download=True).startswith("attachment; ")


@pytest.mark.parametrize(
    "media_type",
    ["image/svg+xml", "text/html", "application/xml", "application/pdf", "text/plain", ""],
)
def test_everything_else_is_saved(media_type: str) -> None:
    """Whatever somebody asks for."""
    assert disposition("a", "b", media_type, is_download=False).startswith("attachment; ")


@pytest.mark.covers("M-PB-15")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("clip.mov", "clip_720p.mp4"),
        ("a.b.mov", "a.b_720p.mp4"),
        ("clip", "clip_720p.mp4"),
        (".mov", ".mov_720p.mp4"),
        ("", "ast_1_720p.mp4"),
    ],
)
def test_a_rendition_bears_the_name_of_its_original(name: str, expected: str) -> None:
    """With the quality behind it."""
    assert expected == renamed(name, "720p", "mp4", "ast_1")
