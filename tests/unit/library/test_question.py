"""What a question asks."""

from __future__ import annotations

import pytest

from rushes.library.question import (
    BadQuestion,
    Comparison,
    Condition,
    Question,
    Sort,
    parse_condition,
)


@pytest.mark.parametrize(
    ("text", "condition", "number"),
    [
        ("take>=3", Condition("take", Comparison.AT_LEAST, "3"), 3.0),
        (" take <= 3.5 ", Condition("take", Comparison.AT_MOST, "3.5"), 3.5),
        ("camera=Alexa = 35", Condition("camera", Comparison.IS, "Alexa = 35"), None),
        ("camera=", Condition("camera", Comparison.IS, ""), None),
    ],
)
def test_a_condition_is_read(text: str, condition: Condition, number: float | None) -> None:
    """Field, comparison and value."""
    found = parse_condition(text)

    assert (condition, number) == (found, found.number)


@pytest.mark.parametrize("text", ["", "take", "=3", 'a"b=1', "a>3"])
def test_other_texts_are_no_condition(text: str) -> None:
    """The sentence says how one looks."""
    with pytest.raises(BadQuestion, match="field=value"):
        parse_condition(text)


@pytest.mark.parametrize(
    ("question", "is_full_text"),
    [
        (Question(), False),
        (Question(q="  ", kind="video"), False),
        (Question(conditions=(parse_condition("a>=1"),)), False),
        (Question(q="a"), True),
        (Question(tags=("a",)), True),
        (Question(conditions=(parse_condition("a=1"),)), True),
    ],
)
def test_the_index_is_asked_only_where_it_has_to_be(
    question: Question, *, is_full_text: bool
) -> None:
    """Words, tags and values that are asked for as a whole."""
    assert is_full_text is question.is_full_text


def test_an_order_names_its_column() -> None:
    """A minus is downwards."""
    assert ("created_at", True) == (Sort.NEWEST.column, Sort.NEWEST.is_down)
    assert ("file_name", False) == (Sort.NAME.column, Sort.NAME.is_down)
