"""A search as it is kept."""

from __future__ import annotations

from datetime import UTC, datetime

from rushes.library.saved import SavedSearch

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_a_search_begins_with_its_first_revision() -> None:
    """What is changed later counts on from there."""
    search = SavedSearch("sch_1", "acc_1", "Dailies", {"q": "a"}, is_shared=False, created_at=NOON)

    assert 1 == search.revision
