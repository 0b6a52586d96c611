"""A recipe is one word, and the word is the recipe."""

from __future__ import annotations

import pytest

from rushes.media.failures import InvalidMedia
from rushes.media.recipe import Encoder, Recipe, parse_recipe


@pytest.mark.parametrize(
    ("word", "recipe"),
    [
        ("r1", Recipe("r1")),
        ("r2-nvenc", Recipe("r2", Encoder.NVENC)),
        ("r1-slog3", Recipe("r1", look="slog3")),
        ("r1-log_my--look_1a2b", Recipe("r1", look="log_my--look_1a2b")),
        ("r1-qsv-lut-my_look", Recipe("r1", Encoder.QSV, "lut-my_look")),
    ],
)
def test_a_recipe_is_its_word(word: str, recipe: Recipe) -> None:
    """There and back."""
    assert recipe == parse_recipe(word)
    assert word == recipe.word


@pytest.mark.parametrize("word", ["", "r1.", "R1", "r1-", "r1--", "r1--/x", "../r1", "r1-x/y"])
def test_what_could_leave_its_folder_is_no_recipe(word: str) -> None:
    """The word is part of a path."""
    with pytest.raises(InvalidMedia, match="no recipe"):
        parse_recipe(word)
