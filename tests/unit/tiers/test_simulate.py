"""The simulator sets policies side by side."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

from rushes.tiers.prices import Rates
from rushes.tiers.replay import Story, tell
from rushes.tiers.simulate import USUAL, Contender, describe, draw, format_table, simulate
from rushes.tiers.traffic import Traffic, make_trace

RATES = Rates(rent=6e-18, fill=4.5e-6, read=4e-7, fetch=0, egress=0, penalty=0.001)


def small() -> Story:
    return tell(make_trace(Traffic(assets=20, days=30, plays=8)))


def test_all_usual_policies_are_told_with_their_ratios() -> None:
    """In the order that was asked for."""
    told = describe(simulate(small(), RATES))

    assert [contender.value for contender in USUAL] == [one["policy"] for one in told]
    assert 1.0 == told[4]["of_all_on_edge"] == told[5]["of_clairvoyant"]
    assert {"cost", "cost_month", "hit_rate", "byte_hit_rate", "mean_bytes"} <= set(told[0])


def test_without_the_others_there_are_no_ratios() -> None:
    """One policy alone is told as well; presets may be asked for."""
    told = describe(simulate(small(), RATES, [Contender.FLAT_7]))

    assert "flat_7" == told[0]["policy"]
    assert not {"of_all_on_edge", "of_clairvoyant"} & set(told[0])


def test_caches_get_the_room_that_the_rules_took() -> None:
    """Whether or not the rules are compared too, and before or after."""
    story = small()

    alone = simulate(story, RATES, [Contender.LRU])
    both = simulate(story, RATES, [Contender.LRU, Contender.DEFAULT])
    other = simulate(story, RATES, [Contender.DEFAULT, Contender.LRU])

    assert alone[0] == both[0] == other[1]
    assert alone[0].peak_bytes <= both[1].peak_bytes


def test_a_cap_holds_for_all() -> None:
    """But for the clairvoyant and the edge that keeps everything: they show what is possible."""
    story = small()
    cap = sum(story.sizes) // 5

    scores = simulate(story, RATES, [Contender.DEFAULT, Contender.LRU], cap_bytes=cap)

    assert max(score.peak_bytes for score in scores) <= cap


def test_people_get_a_table_and_a_plot() -> None:
    """A line and a bar for each policy; without the optimum there is no ratio to it."""
    scores = simulate(small(), RATES, [Contender.DEFAULT, Contender.CLAIRVOYANT])

    with_it, without = format_table(scores), format_table(scores[:1])

    assert 2 == with_it.count("default") == with_it.count("clairvoyant")
    assert "|#" in with_it
    assert " - \n" in without.replace("-\n", " - \n")
    assert "policy" in format_table([])


def test_the_plot_is_also_a_picture() -> None:
    """Well-formed SVG; also of nothing, and of what costs nothing."""
    scores = simulate(small(), RATES, [Contender.DEFAULT])
    free = [replace(scores[0], storage=0, requests=0, recall=0, penalty=0)]

    for asked in (scores, free, []):
        drawn = ET.fromstring(draw(asked))  # noqa: S314 - our own text
        assert drawn.tag.endswith("svg")
