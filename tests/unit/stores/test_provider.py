"""What providers do in their own way, and what the answers of a probe mean."""

from __future__ import annotations

import pytest

from rushes.stores.provider import (
    NEEDED,
    Abilities,
    Answer,
    Ask,
    PartProof,
    Provider,
    find_faults,
    from_document,
    judge,
    quirks_of,
    to_document,
)

WELL = Answer(is_well=True)
BAD = Answer(is_well=False, detail="it said yes")


def test_a_provider_without_quirks_has_the_usual_ones() -> None:
    """And R2 has no regions."""
    assert ("us-east-1", "auto") == (
        quirks_of(Provider.OTHER).region,
        quirks_of(Provider.R2).region,
    )
    assert 90 == quirks_of(Provider.WASABI).billed_days


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({}, PartProof.NONE),
        ({Ask.SIGNED_SHA256: WELL, Ask.CONTENT_MD5: WELL}, PartProof.SHA256),
        ({Ask.SIGNED_SHA256: BAD, Ask.CONTENT_MD5: WELL}, PartProof.MD5),
        ({Ask.SIGNED_SHA256: BAD, Ask.CONTENT_MD5: BAD}, PartProof.NONE),
    ],
)
def test_a_part_is_proved_by_what_refused_a_wrong_value(
    answers: dict[Ask, Answer], expected: PartProof
) -> None:
    """The digest we know anyway comes first."""
    assert expected == judge(answers).part_proof


def test_what_was_not_asked_counts_as_missing() -> None:
    """And what was answered well as there."""
    some = dict.fromkeys((Ask.IF_NONE_MATCH_PUT, Ask.CORS), WELL)

    assert Abilities() == judge({})
    assert Abilities(refuses_taken_put=True, cors=True) == judge(some)


@pytest.mark.parametrize("ask", Ask)
def test_only_what_is_needed_is_a_fault(ask: Ask) -> None:
    """A store that serves tampered or anonymous requests is one."""
    faults = find_faults({**dict.fromkeys(Ask, WELL), ask: BAD})

    assert faults == ((NEEDED[ask],) if ask in NEEDED else ())


def test_answers_are_kept_in_a_row_and_read_again() -> None:
    """A question that is no longer asked is left out."""
    answers = {Ask.RANGE: WELL, Ask.ABORT: BAD}

    document = to_document(answers)
    kept = {**document, "of_old_times": {"is_well": True, "detail": ""}}

    assert answers == from_document(kept)  # type: ignore[arg-type] # as JSON gives it
