"""The clock gives aware times and bytes that nobody guesses."""

from __future__ import annotations

from datetime import UTC

from rushes.clock import SYSTEM


def test_the_present_is_aware_and_in_utc() -> None:
    """A time without a zone cannot be stored."""
    assert UTC is SYSTEM.now().tzinfo


def test_entropy_has_the_length_asked_for_and_does_not_repeat() -> None:
    """Ids are made of it."""
    first, second = SYSTEM.entropy(16), SYSTEM.entropy(16)

    assert (16, 16, False) == (len(first), len(second), first == second)
