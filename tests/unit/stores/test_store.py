"""Keys have one form, and nothing else is a key."""

from __future__ import annotations

import pytest

from rushes.stores.store import (
    SEGMENT_BYTES_AT_MOST,
    InvalidKey,
    parse_key,
)


@pytest.mark.parametrize(
    "key",
    [
        "a",
        "a/b/c.mp4",
        "originals/acme/spring/ast_1/" + "n" * SEGMENT_BYTES_AT_MOST,
        "ü/日本.mov",
        "/".join(["d" * 127] * 8),
    ],
)
def test_a_key_is_its_segments(key: str) -> None:
    """Up to the limits, byte for byte."""
    assert key.split("/") == list(parse_key(key))


@pytest.mark.covers("BG-11")
@pytest.mark.parametrize(
    "key",
    [
        "",
        "/",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "a/../b",
        "a/./b",
        "a\\b",
        "a\0b",
        "n" * (SEGMENT_BYTES_AT_MOST + 1),
        "ü" * (SEGMENT_BYTES_AT_MOST // 2 + 1),
        "/".join(["d" * 127] * 7 + ["d" * 129]),
        "a\udc80",
    ],
)
def test_what_could_lead_elsewhere_is_no_key(key: str) -> None:
    """Nor is what is one byte too long."""
    with pytest.raises(InvalidKey):
        parse_key(key)
