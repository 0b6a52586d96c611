"""What is kept of an asset's words can be read again, by every database."""

from __future__ import annotations

import pytest

from rushes.library.editing import BadWords, Change

BAD = {
    "a NUL": Change(title="one\0two"),
    "half a character": Change(tags=("\ud83d",)),
    "a key": Change(metadata={"a\0": 1}),
    "no end": Change(metadata={"take": float("inf")}),
    "no number": Change(metadata={"take": [float("nan")]}),
    "beyond a double": Change(metadata={"deep": {"take": 10**400}}),
}


@pytest.mark.parametrize("what", BAD)
def test_what_no_database_reads_again_is_refused(what: str) -> None:
    """Else one asset's value would fail every search that looks at it."""
    with pytest.raises(BadWords, match="NUL"):
        BAD[what].check()


def test_ordinary_words_are_taken() -> None:
    """Texts of any language, numbers, truths, lists and nothing."""
    metadata = {
        "take": -3.5,
        "is_select": True,
        "places": ["\u6771\u4eac", "\U0001f3ac"],
        "gone": None,
    }

    Change(title="M\u00fcller", tags=("Ton",), metadata=metadata).check()
