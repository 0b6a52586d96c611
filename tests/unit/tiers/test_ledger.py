"""The ledger counts bytes and time exactly, and money from them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from rushes.tiers.ledger import (
    DAY,
    Bill,
    Change,
    Place,
    Requests,
    Use,
    bill,
    forecast,
    run_forward,
    saving,
    tally,
)
from rushes.tiers.placement import Tier
from rushes.tiers.prices import PROVIDERS
from rushes.tiers.retention import Held, Usage
from rushes.tiers.rules import PRESETS, Kind, Preset
from tests.support.moments import NOON

GB = 10**9
EDGE: Place = (Tier.EDGE, "prj_1")
OTHER: Place = (Tier.EDGE, None)
MONTH = 30 * DAY
R2 = PROVIDERS["r2"]


@pytest.mark.covers("T-OB-02", "M-OB-01")
def test_a_month_is_counted_from_its_changes_to_the_byte_and_second() -> None:
    """100 GB all the time; 30 more for ten days; 20 elsewhere since the 21st day."""
    changes = [
        Change(NOON + 20 * DAY, OTHER, 20 * GB),
        Change(NOON + 15 * DAY, EDGE, -30 * GB),
        Change(NOON + 5 * DAY, EDGE, 30 * GB),
        Change(NOON + MONTH, EDGE, 999),
        Change(NOON - timedelta(microseconds=1), EDGE, 999),
    ]

    uses = tally({EDGE: 100 * GB}, changes, NOON, NOON + MONTH)

    day = 86_400
    assert (3300 * GB * day, 200 * GB * day) == (uses[EDGE].byte_seconds, uses[OTHER].byte_seconds)
    assert (100 * GB, 1, 30 * GB, 1, 30 * GB) == (
        uses[EDGE].held_bytes,
        uses[EDGE].arrived,
        uses[EDGE].arrived_bytes,
        uses[EDGE].left,
        uses[EDGE].left_bytes,
    )


@pytest.mark.covers("M-OB-03")
def test_a_bill_has_storage_requests_and_what_left() -> None:
    """A terabyte for a month at S3, a million of each request, 10 GB read by others."""
    uses = tally({EDGE: 1000 * GB}, [], NOON, NOON + MONTH)
    asked = Requests(1_000_000, 1_000_000, 10 * GB)

    found = bill(uses[EDGE], PROVIDERS["aws"], asked, MONTH)

    assert Bill(Decimal(23), Decimal("5.4"), Decimal("0.9")) == found
    assert Decimal("29.3") == found.total


def test_free_egress_is_a_share_of_what_was_held_on_average() -> None:
    """A month of no length holds nothing, and costs nothing."""
    uses = tally({EDGE: 100 * GB}, [], NOON, NOON + MONTH)

    free = bill(uses[EDGE], PROVIDERS["b2"], Requests(egress_bytes=300 * GB), MONTH)
    none = bill(Use(), R2, Requests(), timedelta())

    assert (Decimal(0), Decimal(0)) == (free.egress, none.total)


@pytest.mark.covers("M-OB-01")
def test_the_saving_is_what_everything_on_the_edge_would_cost_more() -> None:
    """A tenth of a terabyte is there."""
    uses = tally({EDGE: 100 * GB, OTHER: 1000 * GB}, [], NOON, NOON + MONTH)

    assert Decimal("13.5") == saving(uses[OTHER], uses[EDGE], R2)


@pytest.mark.parametrize(
    ("held", "ahead", "expected"),
    [
        ([100, 110, 120], 30 * DAY, 420),
        ([100, 90, 80], 30 * DAY, 0),
        ([100, 120, 110], 90 * DAY, 565),
        ([100], 30 * DAY, 100),
        ([], 30 * DAY, 0),
    ],
)
def test_a_forecast_goes_on_with_the_trend(
    held: list[int], ahead: timedelta, expected: int
) -> None:
    """A sample a day; it never falls below nothing."""
    samples = [(NOON + number * DAY, size_bytes) for number, size_bytes in enumerate(held)]

    assert pytest.approx(expected, abs=1) == forecast(samples, ahead)


def test_the_plan_run_forward_says_what_would_be_left() -> None:
    """A 1080p that is three days old is gone after five more, a 360p is not."""
    rows = [
        Held(
            placement_id=quality,
            object_id=quality,
            content_id="cnt_1",
            kind=Kind.VIDEO,
            quality=quality,
            project_id=None,
            size_bytes=GB,
            arrived_at=NOON - 3 * DAY,
            last_access_at=None,
            pinned_until=None,
            is_archived=True,
        )
        for quality in ("360p", "1080p")
    ]
    rules = PRESETS[Preset.DEFAULT]

    left = [run_forward(rows, rules, Usage(2 * GB), NOON, number * DAY) for number in (4, 5, 30)]

    assert [2 * GB, GB, 0] == left
