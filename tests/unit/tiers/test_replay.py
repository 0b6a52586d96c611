"""A replay counts what a policy does, to the byte and second."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from rushes.tiers.contenders import Everything
from rushes.tiers.prices import Rates
from rushes.tiers.replay import REST, Edge, Score, replay, tell
from rushes.tiers.trace import Event, Line

RATES = Rates(rent=0.001, fill=0.5, read=0.25, fetch=2.0, egress=0.01, penalty=10.0)


def line(
    at: float, event: Event, asset: str = "a", quality: str = "720p", region: str = ""
) -> Line:
    return Line(at, asset, quality, 100, region, event)


def test_each_rendition_in_each_region_is_an_object() -> None:
    """Rungs of one asset know of each other."""
    lines = [
        line(5, Event.MADE),
        line(6, Event.MADE, quality="360p"),
        line(7, Event.READ, region="US"),
        line(8, Event.READ),
        line(9, Event.MADE, asset="b"),
    ]

    story = tell(lines)

    assert [0, 1, 2, 0, 3] == [one for _, one, _ in story.steps]
    assert [0, 0, 0, 1] == story.assets
    assert ["720p", "360p", "720p", "720p"] == story.qualities
    assert (5, 9 + REST) == (story.begin, story.end)


def test_a_delete_without_quality_is_of_all() -> None:
    """One with a quality is of that in all regions."""
    lines = [
        line(0, Event.MADE),
        line(0, Event.MADE, quality="360p"),
        line(1, Event.DELETE, quality="360p"),
        line(2, Event.DELETE, quality=""),
        line(3, Event.DELETE, asset="unknown"),
    ]

    assert [(1, 1), (2, 0), (2, 1)] == [(at, one) for at, one, _ in tell(lines).steps[2:]]


def play(*lines: Line) -> Score:
    story = tell(lines)
    edge = Edge(story.sizes)
    return replay("all", story, Everything(edge), edge, RATES)


def test_every_dollar_is_accounted_for() -> None:
    """One miss (never made), then a hit; 100 bytes from second 10 to the end of second 30."""
    score = play(line(10, Event.READ), line(30, Event.READ))

    held_seconds = 20 + REST
    assert pytest.approx(0.001 * 100 * held_seconds) == score.storage
    assert (0.75, 3.0, 10.0) == (score.requests, score.recall, score.penalty)
    assert pytest.approx(score.storage + 13.75) == score.cost
    assert (2, 1, 1, 1) == (score.reads, score.hits, score.again, score.again_hits)
    assert (200, 100, 1, 0) == (score.read_bytes, score.hit_bytes, score.fills, score.evictions)
    assert (0.5, 100, 100.0) == (score.hit_rate, score.peak_bytes, score.mean_bytes)
    assert pytest.approx(score.cost * 2_592_000 / held_seconds) == score.month


def test_what_is_deleted_costs_no_more_and_was_not_evicted() -> None:
    """A second delete of it does nothing."""
    score = play(line(0, Event.MADE), line(4, Event.DELETE), line(9, Event.DELETE))

    assert pytest.approx(0.4) == score.storage
    assert (0, 0.0) == (score.evictions, score.hit_rate)


@dataclass(slots=True)
class Hourly(Everything):
    """Wants to be called each hour, and notes when it was."""

    due: float = 3_600.0
    runs: list[float] = field(default_factory=list)

    def run(self, at: float) -> None:
        """Note it."""
        self.runs.append(at)
        self.due = at + 3_600


def test_a_policy_clears_up_when_it_is_due() -> None:
    """Every hour up to the last thing that happens, also while nothing does."""
    story = tell([line(0, Event.MADE), line(3 * 3_600, Event.READ)])
    edge = Edge(story.sizes)
    policy = Hourly(edge)

    replay("hourly", story, policy, edge, RATES)

    assert [3_600, 7_200, 10_800] == policy.runs
