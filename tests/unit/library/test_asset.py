"""An asset moves only as its table says, and to the state that is true."""

from __future__ import annotations

from itertools import product

import pytest

from rushes.intake.verdict import Scan
from rushes.library.asset import (
    STEPS,
    IllegalStep,
    Shown,
    State,
    Step,
    after,
    merge,
    new_asset,
    plan_step,
)
from tests.support.an_upload import upload
from tests.support.moments import NOON

NOTHING = Shown(is_playable=False, is_made=False, is_kept=False)
BROKEN = ("media.truncated", "The file ends too early.")


@pytest.mark.parametrize(("state", "step"), sorted(set(product(State, Step)) - set(STEPS)))
def test_an_illegal_step_raises(state: State, step: Step) -> None:
    """Every pair outside the table is refused."""
    with pytest.raises(IllegalStep, match=f"{state} cannot {step}"):
        after(state, step)


@pytest.mark.parametrize(("pair", "state"), STEPS.items())
def test_a_legal_step_leads_where_the_table_says(pair: tuple[State, Step], state: State) -> None:
    """The table is the truth."""
    assert state == after(*pair)


@pytest.mark.covers("BG-63", "BG-78", "BG-80")
@pytest.mark.parametrize(
    ("state", "shown", "expected"),
    [
        (State.ARRIVING, Shown(is_playable=True, is_made=True, is_kept=True), None),
        (State.FILED, NOTHING, None),
        (State.FILED, Shown(is_playable=True, is_made=False, is_kept=True), Step.SHOW),
        (State.FILED, Shown(is_playable=False, is_made=True, is_kept=True), Step.FINISH),
        (State.PLAYABLE, Shown(is_playable=True, is_made=True, is_kept=False), None),
        (State.PLAYABLE, Shown(is_playable=True, is_made=True, is_kept=True), Step.FINISH),
        (
            State.FILED,
            Shown(is_playable=False, is_made=True, is_kept=True, error=BROKEN),
            Step.FAIL,
        ),
        (
            State.PLAYABLE,
            Shown(is_playable=True, is_made=True, is_kept=True, error=BROKEN),
            Step.FINISH,
        ),
        (State.READY, Shown(is_playable=True, is_made=True, is_kept=True), None),
        (State.FAILED, Shown(is_playable=False, is_made=True, is_kept=True, error=BROKEN), None),
        (State.FAILED, Shown(is_playable=False, is_made=True, is_kept=True), Step.RETRY),
        (
            State.FAILED,
            Shown(is_playable=True, is_made=False, is_kept=True, error=BROKEN),
            Step.RETRY,
        ),
    ],
)
def test_the_step_is_the_one_that_makes_the_state_true(
    state: State, shown: Shown, expected: Step | None
) -> None:
    """Ready waits for the archive; one failed rung does not fail the asset."""
    assert expected == plan_step(state, shown)


@pytest.mark.covers("X-DB-03")
def test_metadata_is_merged_and_null_removes() -> None:
    """What is not named stays (RFC 7396)."""
    assert {"a": 1, "c": 3} == merge({"a": 1, "b": 2}, {"b": None, "c": 3})


def test_a_new_asset_is_what_its_upload_became() -> None:
    """Who sent it made it; nothing is known of its pictures."""
    kind, state = "video", State.ARRIVING
    made = new_asset(upload(), "cnt_1", kind=kind, state=state, scan=Scan.PENDING, now=NOON)

    assert ("ast_1", "upl_1", "lnk_1", "a.mov") == (
        made.id,
        made.upload_id,
        made.created_by,
        made.file_name,
    )
    assert (40, None, State.ARRIVING) == (made.size_bytes, made.duration, made.state)
