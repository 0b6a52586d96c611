"""An error carries what happened, of which kind it is, and what helps."""

from __future__ import annotations

import pytest

from rushes.errors import Kind, RushesError


class DoorLocked(RushesError):
    """The door is locked."""

    code = "door.locked"
    kind = Kind.LOCKED


def test_an_error_carries_its_sentence_and_its_facts() -> None:
    """The sentence is for people, the facts are for programs."""
    error = DoorLocked("The door is locked. Ring the bell.", retry_after=2, door="north", tries=3)

    assert "The door is locked. Ring the bell." == error.message == str(error)
    assert 2 == error.retry_after
    assert {"door": "north", "tries": 3} == error.facts


def test_an_error_that_waiting_does_not_help_says_nothing_of_waiting() -> None:
    """No retry is promised where none was thought of."""
    error = DoorLocked("The door is locked.")

    assert error.retry_after is None
    assert {} == error.facts


def test_an_error_without_a_code_of_its_own_is_a_fault_of_ours() -> None:
    """The family's own code and kind are those of a bug."""
    assert ("rushes.broken", Kind.BROKEN) == (RushesError.code, RushesError.kind)


def test_every_error_of_ours_is_caught_as_one_family() -> None:
    """Shells need one clause."""
    with pytest.raises(RushesError):
        raise DoorLocked("The door is locked.")


def test_kinds_are_their_own_words() -> None:
    """What is written into a row reads back as the kind."""
    assert list(Kind) == [Kind(str(kind)) for kind in Kind]
