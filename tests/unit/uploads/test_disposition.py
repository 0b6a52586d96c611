"""A file's name is found in Content-Disposition, however it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushes.uploads.disposition import MOST_LETTERS, find_file_name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("inline", ""),
        ("inline; filename=a.mov", "a.mov"),
        ('inline; filename="a b.mov"', "a b.mov"),
        ('attachment; FileName = "a;\\"b\\".mov"', 'a;"b".mov'),
        ("inline; filename*=UTF-8''na%C3%AFve%20file.mov", "naïve file.mov"),
        ("inline; filename*=iso-8859-1'en'na%EFve.mov", "naïve.mov"),
        ("inline; filename=a.mov; filename*=UTF-8''b.mov", "b.mov"),
        ("inline; filename=a.mov; filename*=KOI8-R''b.mov", "a.mov"),
        ("inline; filename=a.mov; filename*=b.mov", "a.mov"),
        ("inline; filename*=UTF-8''%FF.mov", "\ufffd.mov"),
        ('inline; filename="naïve.mov"', "naïve.mov"),
        ('inline; filename="{}"'.format("naïve.mov".encode().decode("latin-1")), "naïve.mov"),
        ('inline; filename="漢.mov"', "漢.mov"),
        ("inline; filename*=UTF-8''a%00b", "ab"),
    ],
)
def test_the_name_is_found(text: str, expected: str) -> None:
    """Plain, quoted, extended; in UTF-8 where it is, else in Latin-1."""
    assert expected == find_file_name(text)


def test_an_endless_name_is_cut() -> None:
    """It is a name, not a file."""
    assert MOST_LETTERS == len(find_file_name(f"inline; filename={'a' * 5000}"))


@given(st.text())
def test_every_name_survives_as_an_extended_value(name: str) -> None:
    """Percent-encoded UTF-8 gives back the name, without NUL and not without end."""
    wanted = name.replace("\x00", "").encode("utf-8", "replace").decode()
    encoded = "".join(f"%{byte:02X}" for byte in wanted.encode())

    assert wanted[:MOST_LETTERS] == find_file_name(f"inline; filename*=UTF-8''{encoded}")


@given(st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    """It is a name, or none."""
    assert "\x00" not in find_file_name(f"inline; {text}")
