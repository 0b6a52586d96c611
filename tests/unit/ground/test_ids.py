"""Ids sort by time, carry their kind and cannot be guessed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rushes.ids import ENTROPY_BYTES, LENGTH, Prefix, is_id, new

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_an_id_is_its_prefix_and_36_characters() -> None:
    """The form is fixed, so that routes can refuse anything else."""
    made = new(Prefix.UPLOAD, NOON, bytes(ENTROPY_BYTES))

    assert ("upl_", 4 + LENGTH, True) == (made[:4], len(made), is_id(Prefix.UPLOAD, made))


def test_a_later_id_sorts_after_an_earlier_one() -> None:
    """Even when chance speaks against it."""
    early = new(Prefix.ASSET, NOON, b"\xff" * ENTROPY_BYTES)
    late = new(Prefix.ASSET, NOON + timedelta(milliseconds=1), bytes(ENTROPY_BYTES))

    assert early < late


@pytest.mark.parametrize(
    "text", ["", "upl_", "upl_" + "u" * 36, "ast_" + "0" * 36, "upl_" + "0" * 37]
)
def test_what_has_another_form_is_no_upload_id(text: str) -> None:
    """Another kind, another length, a letter that is not in the alphabet."""
    assert not is_id(Prefix.UPLOAD, text)


def test_too_little_chance_is_refused() -> None:
    """A guessable id is a hole."""
    with pytest.raises(ValueError, match="16 random bytes"):
        new(Prefix.UPLOAD, NOON, b"short")
