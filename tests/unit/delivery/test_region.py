"""The nearest edge: the one that was chosen, else that of the viewer's country, else home."""

from __future__ import annotations

import pytest

from rushes.delivery.region import Regions
from rushes.tiers.placement import RegionUnknown, Tier

REGIONS = Regions({"us": ("US", "CA"), "asia": ("JP",), "lab": ()})


@pytest.mark.covers("C-PV-06", "M-PB-22")
@pytest.mark.parametrize(
    ("region", "country", "near"),
    [
        (None, None, "edge"),
        (None, "", "edge"),
        (None, "DE", "edge"),
        (None, "CA", "edge-us"),
        (None, "jp", "edge-asia"),
        ("lab", "US", "edge-lab"),
        ("home", "US", "edge"),
        ("gone", "US", "edge-us"),
    ],
)
def test_who_chooses_is_believed_and_all_others_go_by_their_country(
    region: str | None, country: str | None, near: str
) -> None:
    """An old address may name a region that has no edge any more: it counts as none."""
    assert Tier(near) is REGIONS.find_near(region, country)


def test_a_region_without_an_edge_cannot_be_chosen() -> None:
    """`home` can, and so can none."""
    assert ["us", "home", None] == [REGIONS.require(each) for each in ("us", "home", None)]
    with pytest.raises(RegionUnknown):
        REGIONS.require("mars")
