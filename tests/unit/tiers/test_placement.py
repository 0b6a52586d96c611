"""A placement moves only as its table says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from rushes.tiers.placement import (
    LEASE,
    STEPS,
    IllegalStep,
    Placement,
    PlacementClaimed,
    State,
    Step,
    Tier,
    edge_in,
    region_unknown,
)
from tests.support.moments import NOON

ABSENT = Placement(
    id="plc_1", object_id="rnd_1", content_id="cnt_1", tier=Tier.EDGE, key="k", size_bytes=1
)


@pytest.mark.parametrize(("state", "step"), sorted(STEPS))
def test_a_step_of_the_table_is_taken_and_ends_the_lease(state: State, step: Step) -> None:
    """The value before it stays what it was."""
    before = replace(ABSENT, state=state, lease_until=NOON)

    after = before.after(step)

    assert (STEPS[state, step], None, state) == (after.state, after.lease_until, before.state)


@pytest.mark.parametrize(("state", "step"), sorted(set(product(State, Step)) - set(STEPS)))
def test_an_illegal_step_raises_and_changes_nothing(state: State, step: Step) -> None:
    """Every pair outside the table is refused."""
    before = replace(ABSENT, state=state)

    with pytest.raises(IllegalStep, match=f"{state} cannot {step}"):
        before.after(step)

    assert replace(ABSENT, state=state) == before


def test_a_claim_holds_for_a_lease_with_a_higher_fence() -> None:
    """The fence tells the new copier from every older one."""
    held = replace(ABSENT, fence=2).claimed(NOON)

    assert (State.COPYING, 3, NOON + LEASE) == (held.state, held.fence, held.lease_until)


def test_a_claim_that_ran_out_passes_to_the_next_worker() -> None:
    """One moment beyond its lease is late enough."""
    dead = replace(ABSENT, state=State.COPYING, fence=3, lease_until=NOON)

    taken = dead.claimed(NOON + timedelta(microseconds=1))

    assert (State.COPYING, 4) == (taken.state, taken.fence)


def test_a_live_claim_cannot_be_taken_and_says_how_long_it_lasts() -> None:
    """Up to the last moment of its lease."""
    alive = replace(ABSENT, state=State.COPYING, fence=3, lease_until=NOON + LEASE)

    with pytest.raises(PlacementClaimed) as caught:
        alive.claimed(NOON)

    assert LEASE.total_seconds() == caught.value.retry_after


@pytest.mark.parametrize("state", [State.PRESENT, State.EVICTING, State.COPYING])
def test_what_is_there_or_has_no_lease_is_not_claimed(state: State) -> None:
    """There is nothing to copy, or the row makes no sense."""
    with pytest.raises(IllegalStep):
        replace(ABSENT, state=state).claimed(NOON)


def test_the_edge_of_a_region_is_one_tier() -> None:
    """However often its name is read; names that no region can have are no tier."""
    us = edge_in("us")

    assert (us, "us", True) == (Tier("edge-us"), us.region, us.is_edge)
    assert us is Tier("edge-us")
    assert [(None, True), (None, False)] == [
        (tier.region, tier.is_edge) for tier in (Tier.EDGE, Tier.ARCHIVE)
    ]
    assert "tier.region_unknown" == region_unknown().code
    for name in ("edge-", "edge-U S", "edges", 5):
        with pytest.raises(ValueError, match="not a valid Tier"):
            Tier(name)  # type: ignore[arg-type] # what a row may hold


def test_each_region_has_one_edge() -> None:
    """The same member each time, and none for what is no name of a region."""
    north = edge_in("north")

    assert north is Tier("edge-north")
    assert "north" == north.region
    with pytest.raises(ValueError, match="NORTH"):
        Tier("edge-NORTH!")
