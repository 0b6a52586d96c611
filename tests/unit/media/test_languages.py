"""What containers write becomes a tag and a word, or nothing."""

from __future__ import annotations

import pytest

from rushes.media.languages import NAMES, TAGS, name_of, tag_of


@pytest.mark.parametrize(
    ("code", "tag", "name"),
    [
        ("eng", "en", "English"),
        ("ger", "de", "German"),
        ("deu", "de", "German"),
        ("DE", "de", "German"),
        ("pt-BR", "pt-br", "Portuguese"),
        ("en_GB", "en-gb", "English"),
        ("gsw", "gsw", None),
        ("und", None, None),
        ("mul", None, None),
        ("zxx", None, None),
        ("", None, None),
        (None, None, None),
        ("english", None, None),
        ('e"', None, None),
    ],
)
def test_a_language_is_read_as_it_is_written(
    code: str | None, tag: str | None, name: str | None
) -> None:
    """Three letters of both kinds, two letters, with a region; what names none is none."""
    assert (tag, name) == (tag_of(code), name_of(tag_of(code)))


def test_every_tag_has_a_name() -> None:
    """And is of two letters, as there is a shorter one than ISO 639-2's for each."""
    assert set(NAMES) == set(TAGS.values())
    assert all(len(tag) == 2 for tag in NAMES)
