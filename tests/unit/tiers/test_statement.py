"""The statement of a month, to the cent."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from rushes.tiers.accounts import Slot
from rushes.tiers.placement import Tier
from rushes.tiers.prices import PROVIDERS, Price
from rushes.tiers.statement import (
    Moved,
    Sums,
    TierDay,
    draw_trends,
    make_statement,
    move_by_month,
    next_month,
)

GB = 10**9
MONTH = date(2026, 11, 1)
"""Of thirty days, as price lists have them."""
END = datetime(2026, 12, 1, tzinfo=UTC)
HOURS = 30 * 24
PRICES = {Tier.EDGE: PROVIDERS["r2"], Tier.ARCHIVE: PROVIDERS["wasabi"]}
EDGE = Slot(Tier.EDGE, "prj_1", is_original=False)
MADE = Slot(Tier.ARCHIVE, "prj_1", is_original=False)
ORIGINALS = Slot(Tier.ARCHIVE, "prj_2", is_original=True)
LOST = Slot(Tier.ARCHIVE, "", is_original=True)
SUMS = (
    Sums(EDGE, 100 * GB * HOURS, writes=2_000_000, fetched=10, fetched_bytes=5 * GB, reads=900),
    Sums(MADE, 1000 * GB * HOURS, reads=90, read_bytes=20 * GB),
    Sums(ORIGINALS, 2000 * GB * HOURS, reads=5, read_bytes=GB),
)
HELD = {EDGE: (10, 100 * GB), MADE: (90, 1000 * GB), ORIGINALS: (5, 2000 * GB), LOST: (1, 7)}


@pytest.mark.covers("T-OB-02", "M-OB-01", "M-OB-02", "CF-23")
def test_a_month_costs_what_the_price_lists_say() -> None:
    """100 GB at R2 with two million writes, and three terabytes at Wasabi."""
    told = make_statement(MONTH, END, SUMS, HELD, PRICES)

    edge, archive = told.tiers
    assert (Decimal("1.5"), Decimal("9.000324")) == (edge.bill.storage, edge.bill.requests)
    assert (Decimal("17.7"), Decimal(0)) == (archive.bill.storage, archive.bill.egress)
    assert (10, 100 * GB, 96, 3000 * GB + 7) == (
        edge.held_objects,
        edge.held_bytes,
        archive.held_objects,
        archive.held_bytes,
    )
    assert edge.bill.total == edge.month


def test_what_the_edge_fetched_left_the_archive() -> None:
    """Its bytes are egress there, and each object a read."""
    told = make_statement(MONTH, END, SUMS, HELD, PRICES)

    archive = told.tiers[1].used
    assert (90 + 5 + 10, 20 * GB + GB + 5 * GB) == (archive.reads, archive.egress_bytes)


@pytest.mark.covers("M-OB-01")
def test_the_saving_is_that_of_not_keeping_every_rendition_on_the_edge() -> None:
    """A terabyte of renditions there would have been fifteen dollars; originals never go there."""
    told = make_statement(MONTH, END, SUMS, HELD, PRICES)

    assert (Decimal(15), Decimal("13.5")) == (told.all_on_edge, told.saving)


def test_the_hit_rate_is_of_what_the_edge_may_hold() -> None:
    """Reads of originals are none of its misses; without reads there is no rate."""
    assert pytest.approx(900 / 990) == make_statement(MONTH, END, SUMS, HELD, PRICES).hit_rate
    assert make_statement(MONTH, END, (), {}, PRICES).hit_rate is None


def test_half_a_month_is_drawn_out_to_a_whole_one() -> None:
    """The same pace for the other half."""
    half = datetime(2026, 11, 16, tzinfo=UTC)

    told = make_statement(MONTH, half, [Sums(EDGE, 100 * GB * HOURS // 2)], {}, PRICES)

    edge = told.tiers[0]
    assert (Decimal("0.75"), Decimal("1.5")) == (edge.bill.total, edge.month)


@pytest.mark.parametrize("until", [None, datetime(2026, 10, 3, tzinfo=UTC)])
def test_a_month_that_is_not_accounted_costs_nothing(until: datetime | None) -> None:
    """Nobody has looked yet, or it is still to come."""
    told = make_statement(MONTH, until, (), {}, {})

    assert ([], []) == (told.tiers, told.projects)
    assert Decimal(0) == told.all_on_edge == told.saving
    assert Decimal(0) == make_statement(MONTH, until, (), {}, PRICES).tiers[0].month


def test_projects_come_with_their_own_bills_the_dearest_first() -> None:
    """What is of no project has a line as well; in all it is what the tiers cost."""
    prices = {Tier.EDGE: PROVIDERS["r2"], Tier.ARCHIVE: Price(storage=Decimal("0.0059"))}
    told = make_statement(MONTH, END, SUMS, HELD, prices)

    assert ["prj_1", "prj_2", None] == [each.project_id for each in told.projects]
    first, second, third = told.projects
    assert {Tier.EDGE: 100 * GB, Tier.ARCHIVE: 1000 * GB} == first.held
    assert (Decimal("11.8"), Decimal(0)) == (second.cost, third.cost)
    assert {Tier.ARCHIVE: 7} == third.held
    assert sum(each.cost for each in told.projects) == sum(each.bill.total for each in told.tiers)


def test_movements_are_told_by_month_the_last_first() -> None:
    """Two days of one month are one line."""
    days = [
        TierDay(date(2026, 10, 31), Tier.EDGE, 5, came=1, came_bytes=5),
        TierDay(date(2026, 11, 1), Tier.EDGE, 5, gone=1, gone_bytes=3),
        TierDay(date(2026, 11, 30), Tier.EDGE, 5, came=2, came_bytes=6, fetched_bytes=6),
        TierDay(date(2026, 11, 30), Tier.ARCHIVE, 5, came=1, came_bytes=1),
    ]

    assert [
        Moved(MONTH, Tier.ARCHIVE, 1, 1),
        Moved(MONTH, Tier.EDGE, 2, 6, 1, 3, 6),
        Moved(date(2026, 10, 1), Tier.EDGE, 1, 5),
    ] == move_by_month(days)


def test_trends_are_straight_lines_through_thirty_days() -> None:
    """A GB more each day; what was before those days does not count."""
    day = date(2026, 11, 30)
    days = [TierDay(day - timedelta(days=back), Tier.EDGE, (100 - back) * GB) for back in range(30)]
    days += [TierDay(day - timedelta(days=40), Tier.EDGE, 10**15)]

    found = draw_trends(days, PRICES)

    assert [(30, 130 * GB), (90, 190 * GB)] == [(each.days, each.held_bytes) for each in found]
    assert Decimal("1.95") == found[0].cost_per_month


@pytest.mark.parametrize(
    ("month", "expected"),
    [(date(2026, 12, 1), date(2027, 1, 1)), (date(2027, 1, 31), date(2027, 2, 1))],
)
def test_months_follow_each_other(month: date, expected: date) -> None:
    """Whatever day of it is given."""
    assert expected == next_month(month)
