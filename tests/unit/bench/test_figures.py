"""Figures of the bench: what is a ratio, what is missed, and what the tables say."""

from __future__ import annotations

import json

import pytest

from bench.ingest.figures import (
    BEGIN,
    END,
    Budget,
    Figure,
    format_markdown,
    format_text,
    place_table,
    ratios,
)

MOST = Budget(1.15)
LEAST = Budget(3, is_least=True)


def test_a_ratio_is_taken_within_its_round() -> None:
    """A round that met a busy machine is busy on both sides of its ratio."""
    ours, theirs = [1.0, 4.0, 3.0], [2.0, 4.0, 2.0]

    assert (0.5, 1.0, 1.5) == ratios(ours, theirs)


@pytest.mark.parametrize(
    ("budget", "rounds", "is_missed"),
    [
        (MOST, (1.0, 9.0, 1.15), False),
        (MOST, (1.0, 9.0, 1.16), True),
        (LEAST, (3.0, 1.0, 4.0), False),
        (LEAST, (2.9, 1.0, 4.0), True),
        (None, (9.0,), False),
        (MOST, (), False),
    ],
)
def test_the_median_is_held_to_the_budget(
    budget: Budget | None,
    rounds: tuple[float, ...],
    is_missed: bool,  # noqa: FBT001 - the table of the test
) -> None:
    """What was not measured or has no budget is not missed."""
    assert is_missed == Figure("row", "work", rounds, budget=budget).is_missed


def test_a_table_says_what_was_not_measured_and_why() -> None:
    """A missing peer is a line of the table, not a hole in it."""
    figures = [
        Figure("row", "held", (1.0,), "x", MOST, "1 s", "2 s"),
        Figure("row", "missed", (2.0,), "ms", MOST),
        Figure("row", "told", (2.5,), "MiB"),
        Figure("row", "left out", budget=LEAST, note="no Go here"),
    ]

    page = format_markdown(figures)
    text = format_text(figures)

    assert [
        "| work | measured | beside it | figure | budget | met |",
        "|---|---|---|---|---|---|",
        "| held | 1 s | 2 s | 1.00 x | ≤ 1.15 | yes |",
        "| missed |  |  | 2.00 ms | ≤ 1.15 | no |",
        "| told |  |  | 2.50 MiB |  |  |",
        "| left out |  |  | — | ≥ 3 | no Go here |",
    ] == page.splitlines()
    assert ["work", "held", "missed", "told", "left"] == [
        line.split()[0] for line in text.splitlines()
    ]


def test_facts_are_json() -> None:
    """Programs get each round, and the verdict."""
    facts = Figure("row", "work", (3.0, 1.0, 2.0), "ms", Budget(2)).facts()

    told = json.loads(json.dumps(facts))

    assert 2.0 == told["value"]
    assert [3.0, 1.0, 2.0] == told["rounds"]
    assert "≤ 2" == told["budget"]
    assert not told["missed"]


def test_a_table_takes_its_place_in_a_page() -> None:
    """What stands around it stays; without marks there is nothing but the table."""
    page = f"# Speed\n{BEGIN}\n| old |\n{END}\nMore.\n"

    assert f"# Speed\n{BEGIN}\n| new |\n{END}\nMore.\n" == place_table(page, "| new |\n")
    assert "| new |\n" == place_table("# Speed\n", "| new |\n")
