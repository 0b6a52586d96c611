"""A note as it is written."""

from __future__ import annotations

from datetime import UTC, datetime

from rushes.library.note import Note

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_a_note_begins_with_its_first_revision() -> None:
    """What is written later counts on from there."""
    assert 1 == Note("nte_1", "ast_1", "acc_1", "a@example.org", "dark", NOON, NOON).revision
