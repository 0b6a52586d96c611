"""Each policy keeps what it should, in the room that it has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rushes.tiers.adaptive import Learner
from rushes.tiers.contenders import (
    Adaptive,
    ByRules,
    Everything,
    GreedyDual,
    LeastRecent,
)
from rushes.tiers.prices import Rates
from rushes.tiers.replay import Edge, Policy, Story, replay, tell
from rushes.tiers.rules import PRESETS, Preset
from rushes.tiers.trace import Event, Line
from rushes.tiers.traffic import Traffic, make_trace

DAY = 86_400.0
GB = 10**9
RATES = Rates(rent=0.015 / GB / 2_592_000, fill=0, read=0, fetch=0, egress=0, penalty=0.001)
RULES = replace(PRESETS[Preset.DEFAULT], cap_bytes=None)


def line(day: float, event: Event, asset: str, quality: str = "720p", size: int = GB) -> Line:
    return Line(day * DAY, asset, quality, size, "", event)


def story_of(*lines: Line) -> tuple[Story, Edge]:
    story = tell(sorted(lines))
    return story, Edge(story.sizes)


def test_the_rules_bring_low_rungs_when_made_and_others_when_read() -> None:
    """A 720p stays 14 days after its read, a 540p 30 after it was made."""
    story, edge = story_of(
        line(0, Event.MADE, "a"),
        line(0, Event.MADE, "a", "540p"),
        line(1, Event.READ, "a"),
        line(14, Event.READ, "a"),
        line(29, Event.READ, "a"),
        line(29, Event.READ, "a", "540p"),
        line(40, Event.READ, "b", "360p"),
    )

    score = replay("default", story, ByRules(story, edge, RULES), edge, RATES)

    assert (5, 2) == (score.reads, score.hits)
    assert (4, 1) == (score.fills, score.evictions)


def test_the_rules_bring_nothing_that_has_no_room() -> None:
    """What is deleted makes some."""
    story, edge = story_of(
        line(0, Event.READ, "a"),
        line(1, Event.READ, "b"),
        line(2, Event.DELETE, "a"),
        line(3, Event.READ, "b"),
        line(4, Event.READ, "b"),
    )
    rules = replace(RULES, cap_bytes=int(1.5 * GB))

    score = replay("default", story, ByRules(story, edge, rules), edge, RATES)

    assert (1, 2, GB) == (score.hits, score.fills, score.peak_bytes)


def test_learned_windows_are_carried_out_by_the_plan() -> None:
    """At first the break-even: two days, for a GB at this price."""
    story, edge = story_of(
        line(0, Event.MADE, "a"),
        line(0, Event.MADE, "a", "360p"),
        line(1, Event.READ, "a"),
        line(2.5, Event.READ, "a", "360p"),
        line(4.5, Event.READ, "a"),
        line(5, Event.DELETE, "a", ""),
        line(5, Event.DELETE, "a", ""),
    )
    policy = Adaptive(story, ByRules(story, edge, RULES), Learner(RATES))

    score = replay("adaptive", story, policy, edge, RATES)

    assert (3, 1) == (score.reads, score.hits)


def test_what_is_not_worth_keeping_leaves_at_once() -> None:
    """All others were read a season after they were made, and a miss buys two days."""
    story, edge = story_of(line(0, Event.MADE, "a"))
    learner = Learner(RATES)
    for number in range(90):
        learner.made(f"o{number}", "film", "720p", GB, -100 * DAY)
    for number in range(90):
        learner.read(f"o{number}", "film", "720p", GB, 0)
    policy = Adaptive(story, ByRules(story, edge, RULES), learner)
    edge.fill(0, 0)

    policy.made(0, 0)

    assert {} == edge.since


def test_everything_stays_for_ever_but_what_is_deleted() -> None:
    """There is nothing to clear up."""
    story, edge = story_of(
        line(0, Event.MADE, "a"), line(99, Event.READ, "a"), line(100, Event.DELETE, "a")
    )
    policy = Everything(edge)

    score = replay("all_on_edge", story, policy, edge, RATES)
    policy.run(0)

    assert (1, 1) == (score.hits, score.fills)


def test_what_was_read_longest_ago_makes_room() -> None:
    """Three films in the room of two: `a` was read again, so `b` goes."""
    story, edge = story_of(
        line(1, Event.READ, "a"),
        line(2, Event.READ, "b"),
        line(3, Event.READ, "a"),
        line(4, Event.READ, "c"),
        line(5, Event.READ, "a"),
        line(6, Event.READ, "b"),
        line(7, Event.READ, "huge", size=3 * GB),
        line(8, Event.MADE, "d"),
        line(9, Event.DELETE, "b"),
        line(9, Event.MADE, "d", "360p"),
    )
    policy = LeastRecent(edge, 2 * GB, story.qualities)

    score = replay("lru", story, policy, edge, RATES)
    policy.run(0)

    assert (2, 5, 2) == (score.hits, score.fills, score.evictions)


def test_small_and_often_read_things_outlive_large_ones() -> None:
    """Greedy-dual: `huge` does not fit at all, `large` goes first."""
    story, edge = story_of(
        line(1, Event.READ, "small"),
        line(2, Event.READ, "small"),
        line(3, Event.READ, "large", size=2 * GB),
        line(4, Event.READ, "other"),
        line(5, Event.READ, "small"),
        line(6, Event.READ, "large", size=2 * GB),
        line(7, Event.READ, "huge", size=9 * GB),
        line(8, Event.MADE, "d"),
        line(8, Event.MADE, "d", "360p"),
        line(9, Event.DELETE, "small"),
        line(10, Event.READ, "other"),
    )
    policy = GreedyDual(edge, 3 * GB, story.qualities, RATES)

    score = replay("gdsf", story, policy, edge, RATES)
    policy.run(0)

    assert 2 <= score.hits
    assert score.peak_bytes <= 3 * GB


@pytest.mark.parametrize("seed", range(1, 4))
@pytest.mark.parametrize("name", ["rules", "adaptive", "lru", "gdsf"])
def test_a_cap_is_kept_on_every_seed(name: str, seed: int) -> None:
    """At a tenth of all there is."""
    story = tell(make_trace(Traffic(assets=30, days=30, plays=10, seed=seed)))
    edge, cap = Edge(story.sizes), sum(story.sizes) // 10
    capped = replace(RULES, cap_bytes=cap)
    policies: dict[str, Policy] = {
        "rules": ByRules(story, edge, capped),
        "adaptive": Adaptive(story, ByRules(story, edge, capped), Learner(RATES)),
        "lru": LeastRecent(edge, cap, story.qualities),
        "gdsf": GreedyDual(edge, cap, story.qualities, RATES),
    }

    score = replay(name, story, policies[name], edge, RATES)

    assert 0 < score.peak_bytes <= cap
