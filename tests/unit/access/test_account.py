"""A mail address as it is kept."""

from __future__ import annotations

import pytest

from rushes.access.account import BadEmail, parse_email


@pytest.mark.covers("M-AD-02")
@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Ada@Example.ORG", "ada@example.org"),
        ("  a.b+c@host ", "a.b+c@host"),
        ("o'neil@x.y", "o'neil@x.y"),
        ("j\u00fcrgen@m\u00fcnchen.de", "j\u00fcrgen@m\u00fcnchen.de"),
    ],
)
def test_an_address_is_kept_in_lower_case(text: str, kept: str) -> None:
    """Trimmed, so that it is found again however it is typed."""
    assert kept == parse_email(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "ada", "@b", "a@", "a@b@c", "a b@c", "a@b c", "a..b@c", "a@b..c"),
        *("a@[", "a@[::1]", "a@.", "a@.b", "a@b.", 'a@"b"'),
        *("a@b\r\nBcc: c@d", "a\x00@b", "<a@b>", "a@b, c@d", "a" * 65 + "@b", "a@" + "b" * 253),
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    """Above all what would make a second header or a second receiver."""
    with pytest.raises(BadEmail):
        parse_email(text)
