"""A recipe is one word that begins with its version."""

from __future__ import annotations

import pytest

from rushes.media.failures import InvalidMedia
from rushes.media.recipe import version_of


@pytest.mark.parametrize(
    ("word", "version"),
    [("r1", "r1"), ("r2-log_slog3", "r2"), ("r1-log_my--look_1a2b", "r1")],
)
def test_a_recipe_begins_with_its_version(word: str, version: str) -> None:
    """Whatever is done to its colours."""
    assert version == version_of(word)


@pytest.mark.parametrize("word", ["", "r1.", "R1", "r1-", "r1--", "r1--/x", "../r1", "r1-x/y"])
def test_what_could_leave_its_folder_is_no_recipe(word: str) -> None:
    """The word is part of a path."""
    with pytest.raises(InvalidMedia, match="no recipe"):
        version_of(word)
