"""Answers are kept as the library's fields of the same keys have them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from rushes.access.question import FormField, ValueKind
from rushes.library.answering import with_fields
from rushes.library.field import Field
from tests.unit.access.test_link import LINK

TAKE = Field(
    id="fld_1",
    scope="",
    key="take",
    label="Take",
    kind=ValueKind.NUMBER,
    choices=(),
    created_at=datetime(2026, 11, 21, tzinfo=UTC),
)
ASKED = replace(LINK, fields=(FormField("Take", key="take"), FormField("Roll", key="roll")))


@pytest.mark.covers("M-LK-02")
@pytest.mark.parametrize(
    ("fields", "kind", "choices"),
    [
        ((), ValueKind.TEXT, ()),
        ((TAKE,), ValueKind.NUMBER, ()),
        ((replace(TAKE, scope="prj_2"),), ValueKind.TEXT, ()),
        (
            (replace(TAKE, scope="prj_1", kind=ValueKind.CHOICE, choices=("1", "2")), TAKE),
            ValueKind.CHOICE,
            ("1", "2"),
        ),
    ],
)
def test_a_question_takes_the_kind_of_its_field(
    fields: tuple[Field, ...], kind: ValueKind, choices: tuple[str, ...]
) -> None:
    """That of the project goes before that of all; other questions stay as they are."""
    take, roll = with_fields(ASKED, fields).fields

    assert (kind, choices) == (take.kind, take.choices)
    assert ASKED.fields[1] == roll


def test_every_kind_of_a_field_is_one_of_an_answer() -> None:
    """A field of a new kind would fail here first."""
    assert [kind.value for kind in ValueKind] == [kind.value for kind in ValueKind]
