"""The clairvoyant pays the least there is, and nobody pays less."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rushes.tiers.clairvoyant import best_way, foresee
from rushes.tiers.prices import Rates
from rushes.tiers.replay import Edge, replay, tell
from rushes.tiers.simulate import Contender, simulate
from rushes.tiers.trace import Event, Line
from rushes.tiers.traffic import Traffic, make_trace

RATES = Rates(rent=0.001, fill=0.5, read=0.25, fetch=2.0, egress=0.01, penalty=10.0)
SIZE = 100

a_story = st.lists(
    st.tuples(st.integers(0, 300), st.sampled_from([Event.MADE, Event.READ, Event.READ])),
    min_size=1,
    max_size=6,
)


class Script:
    """Keeps the object after each event as it is told."""

    due = float("inf")

    def __init__(self, edge: Edge, keeps: tuple[bool, ...]) -> None:
        self.edge, self.keeps = edge, iter(keeps)

    def made(self, one: int, at: float) -> None:
        keeps, is_there = next(self.keeps), one in self.edge.since
        if keeps and not is_there:
            self.edge.fill(one, at)
        elif is_there and not keeps:
            self.edge.drop(one, at)

    read = made

    def gone(self, one: int, at: float) -> None:
        """Have nothing to forget."""

    def run(self, at: float) -> None:
        """Have nothing to clear up."""


@settings(max_examples=30, deadline=None)
@given(a_story, st.booleans())
def test_no_sequence_of_decisions_is_cheaper(
    events: list[tuple[int, Event]],
    ends: bool,  # noqa: FBT001 - drawn
) -> None:
    """All of them are tried: to keep or not after each event; and one costs exactly as much."""
    lines = [Line(at, "a", "q", SIZE, "", event) for at, event in sorted(events)]
    if ends:
        lines.append(Line(301, "a", "q", 0, "", Event.DELETE))
    story = tell(lines)

    least = foresee(story, RATES)

    costs = []
    for keeps in product([False, True], repeat=len(events)):
        edge = Edge(story.sizes)
        costs.append(replay("any", story, Script(edge, keeps), edge, RATES).cost)
    assert pytest.approx(min(costs)) == least.cost


def test_a_pause_is_kept_through_if_its_rent_is_less_than_a_miss() -> None:
    """A miss costs 13 dollars, a hit with its fill 0.75: at 122.5 seconds they are even."""
    near = [(0.0, Event.MADE), (122.0, Event.READ)]
    far = [(0.0, Event.MADE), (123.0, Event.READ)]

    kept, missed = best_way(near, SIZE, RATES), best_way(far, SIZE, RATES)

    assert pytest.approx(12.95) == kept.cost
    assert (1, 122.0) == (kept.fills, kept.held_seconds)
    assert (13.0, 0, 0.0) == (missed.cost, missed.fills, missed.held_seconds)


@pytest.mark.parametrize("seed", range(1, 5))
def test_no_policy_pays_less_on_any_seed(seed: int) -> None:
    """Every policy there is, on made traces."""
    traffic = Traffic(assets=40, days=40, plays=12, seed=seed, zipf=0.7 + seed / 10)
    story = tell(make_trace(traffic))
    rates = Rates(rent=6e-21, fill=4.5e-6, read=4e-7, fetch=0, egress=0, penalty=0.001)

    scores = {score.policy: score for score in simulate(story, rates, Contender)}

    least = scores.pop("clairvoyant")
    assert least.cost <= min(score.cost for score in scores.values()) * (1 + 1e-9)
    assert {least.reads} == {score.reads for score in scores.values()}
