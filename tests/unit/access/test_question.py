"""What a link asks of each batch, and which answers it takes."""

from __future__ import annotations

import pytest

from rushes.access.question import (
    MAX_ANSWER,
    MAX_CHOICES,
    MAX_LABEL,
    MAX_QUESTIONS,
    AnswerMissing,
    BadAnswer,
    BadQuestion,
    FormField,
    ValueKind,
    keep_answers,
    key_of,
    parse_questions,
    read_answer,
    read_answers,
    recall_question,
)

pytestmark = pytest.mark.covers("M-LK-02")

DAY = FormField("Day", is_required=True, key="day", kind=ValueKind.DATE)
UNIT = FormField("Unit", choices=("A", "B"), key="unit", kind=ValueKind.CHOICE)
ROLL = FormField("Roll", key="roll")


@pytest.mark.parametrize(
    ("label", "key"),
    [
        ("Shooting day", "shooting_day"),
        ("Drehtag (Süd)", "drehtag_sud"),
        ("  2. Unit?", "unit"),
        ("日", ""),
        ("x" * 60, "x" * 40),
    ],
)
def test_a_label_makes_a_key(label: str, key: str) -> None:
    """Small letters, digits and underscores."""
    assert key == key_of(label)


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        (FormField(" Roll "), FormField("Roll", key="roll")),
        (FormField("日", key="day"), FormField("日", key="day")),
        (
            FormField("Unit", choices=(" A ", "B", "A")),
            FormField("Unit", choices=("A", "B"), key="unit", kind=ValueKind.CHOICE),
        ),
        (
            FormField("Words", choices=("A",), kind=ValueKind.LIST),
            FormField("Words", choices=("A",), key="words", kind=ValueKind.LIST),
        ),
    ],
)
def test_a_question_is_kept_with_a_key(asked: FormField, kept: FormField) -> None:
    """Choices make a choice of what was said to be a text."""
    assert (kept,) == parse_questions([asked])


@pytest.mark.parametrize(
    "asked",
    [
        FormField(" "),
        FormField("x" * (MAX_LABEL + 1)),
        FormField("Line\x07"),
        FormField("日"),
        FormField("Roll", key="Roll"),
        FormField("Unit", choices=("A", " ")),
        FormField("Unit", choices=tuple(map(str, range(MAX_CHOICES + 1)))),
        FormField("Unit", kind=ValueKind.CHOICE),
        FormField("Takes", choices=("1",), kind=ValueKind.NUMBER),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(asked: FormField) -> None:
    """When the link is made, not when somebody stands before its page."""
    with pytest.raises(BadQuestion):
        parse_questions([asked])


def test_a_link_asks_so_many_questions_and_each_once() -> None:
    """One more, or a key twice, is refused."""
    most = [FormField(f"Question {letter}") for letter in "abcdefghijklmnop"]

    assert MAX_QUESTIONS == len(parse_questions(most))
    with pytest.raises(BadQuestion):
        parse_questions([*most, FormField("One more")])
    with pytest.raises(BadQuestion):
        parse_questions([FormField("Roll"), FormField("ROLL")])


@pytest.mark.parametrize(
    ("kind", "choices", "text", "value"),
    [
        (ValueKind.TEXT, (), "A\nB", "A\nB"),
        (ValueKind.NUMBER, (), "3", 3),
        (ValueKind.NUMBER, (), "2.5", 2.5),
        (ValueKind.DATE, (), "2026-01-31", "2026-01-31"),
        (ValueKind.BOOLEAN, (), "TRUE", True),
        (ValueKind.BOOLEAN, (), "false", False),
        (ValueKind.CHOICE, ("A", "B"), "B", "B"),
        (ValueKind.LIST, (), "A\n\n B\nA", ["A", "B"]),
        (ValueKind.LIST, ("A", "B"), "B\nA", ["B", "A"]),
    ],
)
def test_an_answer_is_read_as_its_kind(
    kind: ValueKind, choices: tuple[str, ...], text: str, value: object
) -> None:
    """So that the library's fields can keep it."""
    question = FormField("Q", choices=choices, key="q", kind=kind)

    assert value == read_answer(question, text)


@pytest.mark.parametrize(
    ("kind", "choices", "text"),
    [
        (ValueKind.TEXT, (), "x" * (MAX_ANSWER + 1)),
        (ValueKind.TEXT, (), "NUL\0"),
        (ValueKind.TEXT, (), "half \ud800"),
        (ValueKind.NUMBER, (), "three"),
        (ValueKind.NUMBER, (), "inf"),
        (ValueKind.NUMBER, (), "1e16"),
        (ValueKind.DATE, (), "31.01.2026"),
        (ValueKind.DATE, (), "2026-02-30"),
        (ValueKind.BOOLEAN, (), "perhaps"),
        (ValueKind.CHOICE, ("A",), "C"),
        (ValueKind.LIST, ("A",), "A\nC"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused(
    kind: ValueKind, choices: tuple[str, ...], text: str
) -> None:
    """The sentence says what is taken."""
    with pytest.raises(BadAnswer):
        read_answer(FormField("Q", choices=choices, key="q", kind=kind), text)


def test_answers_are_read_before_anything_is_sent() -> None:
    """What nobody asked is left out; what may be left open may."""
    told = {"day": " 2026-01-31 ", "unit": "", "of_nobody": "x"}

    assert {"day": "2026-01-31"} == read_answers([DAY, UNIT], told)


@pytest.mark.parametrize("told", [{}, {"day": " "}])
def test_a_required_answer_has_to_be_there(told: dict[str, str]) -> None:
    """The error names the key under which it is awaited."""
    with pytest.raises(AnswerMissing) as missing:
        read_answers([DAY], told)

    assert "day" == missing.value.facts["key"]


def test_what_was_taken_is_kept_though_the_question_changed() -> None:
    """As a text where it does not fit any more; what no place can keep is left out."""
    told = {"day": "yesterday", "unit": "A", "roll": "NUL\0"}

    assert {"day": "yesterday", "unit": "A"} == keep_answers([DAY, UNIT, ROLL], told)


@pytest.mark.parametrize(
    ("kept", "question"),
    [
        ({"choices": []}, FormField("Roll", key="roll")),
        ({"choices": ["A"]}, FormField("Roll", choices=("A",), key="roll", kind=ValueKind.CHOICE)),
        ({"choices": [], "key": "r", "kind": "date"}, FormField("Roll", key="r", kind=DAY.kind)),
    ],
)
def test_a_question_of_an_older_version_is_read(
    kept: dict[str, object], question: FormField
) -> None:
    """It had neither a key nor a kind."""
    assert question == recall_question({"label": "Roll", "is_required": False} | kept)
