"""Removal: what is billed still of objects that go before the end of their minimum."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from rushes.tiers.placement import Tier
from rushes.tiers.prices import Price
from rushes.tiers.removal import weigh

NOW = datetime(2026, 3, 1, tzinfo=UTC)
WASABI = Price(Decimal("0.0059"), min_days=90)
GB = 10**9


@pytest.mark.covers("M-ST-20")
def test_what_is_billed_still_is_told_to_the_cent() -> None:
    """For the days that are left of each object; one that was there long enough costs nothing."""
    kept = [
        (1_000 * GB, NOW - timedelta(days=30)),
        (500 * GB, NOW - timedelta(days=89, hours=23)),
        (9_000 * GB, NOW - timedelta(days=90)),
    ]

    found = weigh(Tier.ARCHIVE, WASABI, kept, NOW)

    assert found is not None
    assert (Tier.ARCHIVE, 90, 2, 1_500 * GB) == (
        found.tier,
        found.min_days,
        found.objects,
        found.size_bytes,
    )
    assert Decimal("11.90") == round(found.cost, 2)
    assert NOW + timedelta(days=60) == found.until


@pytest.mark.parametrize(
    ("price", "kept"),
    [
        (Price(Decimal(1)), [(GB, NOW)]),
        (WASABI, []),
        (WASABI, [(GB, NOW - timedelta(days=91))]),
    ],
)
def test_nothing_is_said_where_nothing_is_billed_beyond_its_end(
    price: Price, kept: list[tuple[int, datetime]]
) -> None:
    """Of a store without a minimum, of nothing, of what was there long enough."""
    assert weigh(Tier.ARCHIVE, price, kept, NOW) is None
