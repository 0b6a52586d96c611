"""Steps between states: what the table has, and how it refuses the rest."""

from __future__ import annotations

from enum import StrEnum

import pytest

from rushes.errors import Kind, RushesError
from rushes.steps import After


class Door(StrEnum):
    """In which states a door is."""

    OPEN = "open"
    SHUT = "shut"


class Push(StrEnum):
    """What is done to it."""

    SHUT = "shut"


class DoorStuck(RushesError):
    """It does not move."""

    code = "door.stuck"
    kind = Kind.CONFLICT


after = After("A door", {(Door.OPEN, Push.SHUT): Door.SHUT}, DoorStuck)


def test_a_step_of_the_table_leads_to_its_state() -> None:
    """The table decides."""
    assert after(Door.OPEN, Push.SHUT) is Door.SHUT


def test_a_step_that_the_table_does_not_have_is_refused_in_the_words_of_the_noun() -> None:
    """Which noun, which state, which step, and what to do."""
    with pytest.raises(DoorStuck, match="A door that is shut cannot shut") as refused:
        after(Door.SHUT, Push.SHUT)

    assert refused.value.__cause__ is None
