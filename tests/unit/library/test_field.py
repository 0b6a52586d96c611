"""Fields, and the values that fit them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from rushes.access.question import ValueKind
from rushes.library.field import (
    MAX_CHOICES,
    MAX_LABEL,
    MAX_LIST,
    MAX_TEXT,
    BadField,
    BadValue,
    Field,
    check_value,
    check_values,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TEXT = Field("fld_1", "", "camera", "Camera", ValueKind.TEXT, (), NOON)
CHOICE = replace(TEXT, kind=ValueKind.CHOICE, choices=("A", "B"))


def of(kind: ValueKind, *choices: str) -> Field:
    return replace(TEXT, kind=kind, choices=choices)


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        (TEXT, "Alexa", "Alexa"),
        (TEXT, "x" * MAX_TEXT, "x" * MAX_TEXT),
        (of(ValueKind.NUMBER), 3, 3),
        (of(ValueKind.NUMBER), 2.5, 2.5),
        (of(ValueKind.DATE), "2026-01-31", "2026-01-31"),
        (of(ValueKind.BOOLEAN), False, False),
        (CHOICE, "A", "A"),
        (of(ValueKind.LIST), ["a", "b", "a"], ["a", "b"]),
        (of(ValueKind.LIST, "a", "b"), ["b"], ["b"]),
        (of(ValueKind.LIST), [], []),
    ],
)
def test_a_value_that_fits_is_kept(field: Field, value: object, kept: object) -> None:
    """Lists lose what is there twice."""
    assert kept == check_value(field, value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (TEXT, 3),
        (TEXT, "x" * (MAX_TEXT + 1)),
        (of(ValueKind.NUMBER), "3"),
        (of(ValueKind.NUMBER), True),
        (of(ValueKind.NUMBER), 2**53),
        (of(ValueKind.NUMBER), float("nan")),
        (of(ValueKind.DATE), "31.1.2026"),
        (of(ValueKind.DATE), "2026-02-30"),
        (of(ValueKind.DATE), 2026),
        (of(ValueKind.BOOLEAN), "true"),
        (CHOICE, "C"),
        (of(ValueKind.LIST), "a"),
        (of(ValueKind.LIST), ["a"] * (MAX_LIST + 1)),
        (of(ValueKind.LIST), [" "]),
        (of(ValueKind.LIST), [1]),
        (of(ValueKind.LIST, "a"), ["b"]),
    ],
)
def test_a_value_that_does_not_fit_is_refused(field: Field, value: object) -> None:
    """The sentence names the field."""
    with pytest.raises(BadValue, match="`camera` takes"):
        check_value(field, value)


def test_the_refusal_names_choices() -> None:
    """All of few, the first of many."""
    many = of(ValueKind.CHOICE, *(f"c{number}" for number in range(11)))

    with pytest.raises(BadValue, match=r"Choices: A, B\."):
        check_value(CHOICE, "C")
    with pytest.raises(BadValue, match=r"c9, \.\.\."):
        check_value(many, "C")


@pytest.mark.parametrize(
    "changes",
    [
        {"key": "Camera"},
        {"key": "1st"},
        {"key": "k" * 64},
        {"label": " "},
        {"label": "x" * (MAX_LABEL + 1)},
        {"kind": ValueKind.CHOICE},
        {"choices": ("a",)},
        {"kind": ValueKind.LIST, "choices": ("a", "a ")},
        {"kind": ValueKind.LIST, "choices": (" ",)},
        {"kind": ValueKind.LIST, "choices": tuple(map(str, range(MAX_CHOICES + 1)))},
    ],
)
def test_a_field_that_cannot_be_is_refused(changes: dict[str, Any]) -> None:
    """Each rule by one that breaks it; the field itself is fine."""
    TEXT.check()
    CHOICE.check()

    with pytest.raises(BadField):
        replace(TEXT, **changes).check()


def test_the_field_of_a_project_goes_before() -> None:
    """A null removes, unknown keys are free, other projects' fields do not count."""
    fields = [
        of(ValueKind.NUMBER),
        replace(TEXT, scope="prj_1"),
        replace(of(ValueKind.DATE), scope="prj_2", key="shot"),
    ]
    change = {"camera": "Alexa", "shot": "any", "gone": None}

    assert change == check_values(fields, "prj_1", change)
    with pytest.raises(BadValue):
        check_values(fields, "prj_2", {"camera": "Alexa"})
