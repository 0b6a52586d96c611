"""Reads go to the nearest copy that is there."""

from __future__ import annotations

from itertools import permutations

import pytest

from rushes.tiers.placement import Placement, State, Tier, edge_in
from rushes.tiers.route import route


def copy(tier: Tier, state: State = State.PRESENT) -> Placement:
    return Placement(
        id=f"plc_{tier}",
        object_id="rnd_1",
        content_id="cnt_1",
        tier=tier,
        key="k",
        size_bytes=1,
        state=state,
    )


@pytest.mark.covers("T-TI-08")
@pytest.mark.parametrize("tiers", list(permutations(Tier)))
def test_the_edge_comes_before_the_archive_and_that_before_the_editing_tree(
    tiers: tuple[Tier, ...],
) -> None:
    """In whatever order the rows come."""
    found = route([copy(tier) for tier in tiers])

    assert [Tier.EDGE, Tier.ARCHIVE, Tier.FORMER, Tier.EDITING] == [each.tier for each in found]


@pytest.mark.parametrize("state", sorted(set(State) - {State.PRESENT}))
def test_only_what_is_present_answers(state: State) -> None:
    """A copy that is being evicted answers nobody, so it can go without cutting a viewer."""
    found = route([copy(Tier.EDGE, state), copy(Tier.ARCHIVE)])

    assert [Tier.ARCHIVE] == [each.tier for each in found]


def test_a_store_that_is_down_is_passed_over() -> None:
    """Until nothing is left."""
    copies = [copy(Tier.EDGE), copy(Tier.ARCHIVE)]

    assert [Tier.ARCHIVE] == [each.tier for each in route(copies, down=frozenset({Tier.EDGE}))]
    assert [] == route(copies, down=frozenset(Tier))


@pytest.mark.covers("C-PV-06", "M-PB-22")
def test_the_edge_of_the_viewers_region_comes_first() -> None:
    """Then home, then the edges of others, and the archive behind them all."""
    us, jp = edge_in("us"), edge_in("jp")
    copies = [copy(tier) for tier in (Tier.ARCHIVE, jp, Tier.EDGE, us)]

    assert [us, Tier.EDGE, jp, Tier.ARCHIVE] == [each.tier for each in route(copies, near=us)]
    assert [Tier.EDGE, jp, us, Tier.ARCHIVE] == [each.tier for each in route(copies)]
