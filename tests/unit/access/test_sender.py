"""The address that a sender leaves."""

from __future__ import annotations

import base64

import pytest

from rushes.access.sender import SENDER, find_sender


def pair(key: str, value: str) -> str:
    return f"{key} {base64.b64encode(value.encode()).decode()}"


@pytest.mark.parametrize(
    ("metadata", "found"),
    [
        ("", None),
        (pair("filename", "a.mov"), None),
        (f"{pair('filename', 'a.mov')}, {pair(SENDER, ' Ada@Example.org ')}", "ada@example.org"),
        (f"{pair(SENDER, 'ada@example.org')},is_last", "ada@example.org"),
        (pair(SENDER, "ada"), None),
        (pair(SENDER, "ada@example.org\r\nBcc: eve@example.org"), None),
        (SENDER, None),
    ],
)
def test_an_address_is_found_where_it_is_one(metadata: str, found: str | None) -> None:
    """What is no address is nobody's."""
    assert found == find_sender(metadata)
