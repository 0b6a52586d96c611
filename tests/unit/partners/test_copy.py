"""An asset at a partner: every step, every illegal one, every kind of trouble."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rushes.errors import RushesError
from rushes.partners.copy import (
    LOOKS,
    PATIENCE,
    STEPS,
    WAITS,
    Partner,
    PartnerAway,
    PartnerBusy,
    PartnerCopy,
    PartnerGone,
    PartnerRefused,
    PartnerStep,
    State,
    Step,
    after,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def make(state: State = State.WAITING, **more: object) -> PartnerCopy:
    copy = PartnerCopy(
        id="pcp_1",
        asset_id="ast_1",
        content_id="cnt_1",
        project_id="prj_1",
        partner=Partner.MUX,
        state=state,
        asked_by="acc_1",
        size_bytes=10,
        created_at=NOW,
        updated_at=NOW,
        claim="mine",
        due_at=NOW,
    )
    return replace(copy, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("step", Step)
def test_only_the_steps_of_the_table_are_taken(state: State, step: Step) -> None:
    """Every other one is refused, with a sentence."""
    if (state, step) in STEPS:
        assert STEPS[state, step] is after(state, step)
    else:
        with pytest.raises(PartnerStep, match=state.value):
            after(state, step)


def test_the_straight_way_leads_from_waiting_to_ready() -> None:
    """And what was in the way before is forgotten at its end."""
    begun = make(misses=1, error_code="x", error_detail="y").begun(b"sealed", "up1", NOW)
    sent = begun.sent(NOW)
    looked = sent.seen({"a": 1}, None, NOW)
    ready = looked.finished({"a": 2}, "as1", NOW)

    assert (State.SENDING, "up1", b"sealed") == (begun.state, begun.remote_id, begun.session)
    assert (State.PROCESSING, 10, NOW, 0) == (
        sent.state,
        sent.sent_bytes,
        sent.sent_at,
        sent.misses,
    )
    assert ("up1", 1, NOW + LOOKS[0]) == (looked.remote_id, looked.looks, looked.due_at)
    assert (State.READY, "as1", {"a": 2}) == (ready.state, ready.remote_id, ready.facts)
    assert (None, None, None, None) == (
        ready.session,
        ready.due_at,
        ready.error_code,
        ready.error_detail,
    )


def test_looks_become_rarer_and_end_after_two_days() -> None:
    """The last pause goes on until patience is over."""
    looked = make(State.PROCESSING, sent_at=NOW, looks=99).seen({}, "as1", NOW)
    late = looked.seen({}, "as1", NOW + PATIENCE + timedelta(seconds=1))

    assert NOW + LOOKS[-1] == looked.due_at
    assert (State.FAILED, "partner.silent") == (late.state, late.error_code)


def test_what_passes_is_tried_after_longer_and_longer_waits() -> None:
    """Ten times, then it is given up."""
    copy, waits = make(), []
    for _ in WAITS:
        copy = copy.missed(PartnerAway("away"), NOW, 0.5)
        waits.append((copy.due_at or NOW) - NOW)
    lost = copy.missed(PartnerAway("away"), NOW, 0.5)

    assert [*WAITS] == waits
    assert (State.WAITING, None) == (copy.state, copy.claim)
    assert (State.FAILED, None, "partner.away") == (lost.state, lost.due_at, lost.error_code)


def test_waits_are_spread() -> None:
    """What failed together does not come back together."""
    due = {make().missed(PartnerAway("away"), NOW, luck).due_at for luck in (0.0, 0.5, 1.0)}

    assert 3 == len(due)


@pytest.mark.parametrize(("told", "wait"), [(7.0, 7), (None, 60)])
def test_patience_that_is_asked_for_is_no_miss(told: float | None, wait: int) -> None:
    """However often."""
    copy = make(misses=len(WAITS)).missed(PartnerBusy("busy", retry_after=told), NOW, 0.5)

    assert (State.WAITING, len(WAITS)) == (copy.state, copy.misses)
    assert NOW + timedelta(seconds=wait) == copy.due_at


def test_a_place_that_is_gone_is_asked_for_anew() -> None:
    """From the first byte on; elsewhere it is one more try."""
    sending = make(State.SENDING, session=b"x", remote_id="up1", sent_bytes=5)
    again = sending.missed(PartnerGone("gone"), NOW, 0.5)
    looking = make(State.PROCESSING).missed(PartnerGone("gone"), NOW, 0.5)

    assert (State.WAITING, None, None, 0) == (
        again.state,
        again.session,
        again.remote_id,
        again.sent_bytes,
    )
    assert State.PROCESSING is looking.state


def test_what_a_person_has_to_mend_fails_at_once() -> None:
    """And may be handed over anew, as if it never was."""
    failed = make(State.SENDING, session=b"x").missed(PartnerRefused("no"), NOW, 0.5)
    asked = failed.asked("acc_2", NOW)

    assert (State.FAILED, "partner.refused", "no") == (
        failed.state,
        failed.error_code,
        failed.error_detail,
    )
    assert (State.WAITING, "acc_2", NOW, None, None) == (
        asked.state,
        asked.asked_by,
        asked.due_at,
        asked.session,
        asked.error_code,
    )


@pytest.mark.parametrize(
    ("trouble", "misses"), [(PartnerRefused("no"), 0), (PartnerAway("away"), len(WAITS))]
)
def test_what_is_taken_back_is_never_given_up(trouble: RushesError, misses: int) -> None:
    """A key that is mended a week later still has it deleted."""
    kept = make(State.WITHDRAWING, misses=misses).missed(trouble, NOW, 0.5)

    assert (State.WITHDRAWING, NOW + WAITS[-1], None) == (kept.state, kept.due_at, kept.claim)
    assert trouble.code == kept.error_code


def test_what_is_taken_back_is_removed_once() -> None:
    """What the partner knew of it is forgotten here as well."""
    going = make(State.READY, facts={"a": 1}, remote_id="as1").withdrawn(NOW)
    gone = going.removed(NOW)

    assert (State.WITHDRAWING, NOW, None) == (going.state, going.due_at, going.claim)
    assert (State.REMOVED, {}, None, None) == (gone.state, gone.facts, gone.remote_id, gone.due_at)
    with pytest.raises(RushesError):
        gone.withdrawn(NOW)
