"""The table of the tiers: flat names, qualities parted by commas, and which stores are chosen."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from rushes.tier_section import TierSettings, list_chosen


def test_the_tier_reads_its_flat_name() -> None:
    """`RUSHES_TIERS_ARCHIVE_STORE` is the store of the archive."""
    assert "main" == TierSettings.model_validate({"archive_store": "main"}).archive.store


@pytest.mark.covers("CF-04", "T-TI-01")
@pytest.mark.parametrize(
    ("told", "known"),
    [
        ({}, ("360p", "540p")),
        ({"edge_on_ingest": "360p, 720p"}, ("360p", "720p")),
        ({"edge_on_ingest": "all"}, "all"),
        ({"edge": {"on_ingest": "none"}}, "none"),
        ({"edge": {"on_ingest": ["1080p"]}}, ("1080p",)),
    ],
)
def test_what_goes_to_the_edge_at_once_is_told(told: dict[str, object], known: object) -> None:
    """Names, all, or none; the environment parts names by commas."""
    assert known == TierSettings.model_validate(told).edge.on_ingest


def test_a_quality_that_is_never_made_cannot_go_to_the_edge() -> None:
    """A slip of the pen is told at the start."""
    with pytest.raises(ValidationError, match="on_ingest"):
        TierSettings.model_validate({"edge_on_ingest": "361p"})


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, [(None, "archive"), (None, "edge")]),
        (
            {"archive_store": "vault", "edge_store": "near"},
            [("vault", "archive"), ("near", "edge")],
        ),
        (
            {"archive_store": "vault", "archive_former": "folder"},
            [("vault", "archive"), (None, "edge"), (None, "archive")],
        ),
        (
            {"archive_store": "vault", "archive_former": "old"},
            [("vault", "archive"), (None, "edge"), ("old", "archive")],
        ),
    ],
)
def test_a_tier_names_its_store(
    told: dict[str, object], expected: list[tuple[str | None, str]]
) -> None:
    """Or a folder of ours; an archive that moves has two."""
    assert expected == list_chosen(TierSettings.model_validate(told))


@pytest.mark.covers("C-PV-06", "M-PB-22")
def test_further_edges_read_their_flat_names() -> None:
    """`RUSHES_TIERS_EDGES_US_STORE`, and countries parted by commas."""
    told = {
        "edges_us_store": "west",
        "edges_us_countries": "US, CA",
        "edges": {"jp": {"store": "e"}},
    }

    edges = TierSettings.model_validate(told).edges

    assert {"us": ("west", ("US", "CA")), "jp": ("e", ())} == {
        region: (edge.store, edge.countries) for region, edge in edges.items()
    }


@pytest.mark.parametrize(
    ("edges", "why"),
    [
        (
            {"us": {"store": "a", "countries": ["US"]}, "eu": {"store": "b", "countries": ["US"]}},
            "twice",
        ),
        ({"home": {"store": "a"}}, "home"),
        ({"us": {"store": "a", "countries": ["usa"]}}, "countries"),
        ({"US": {"store": "a"}}, "pattern"),
        ({"us": {}}, "store"),
    ],
)
def test_a_region_is_told_clearly(edges: dict[str, object], why: str) -> None:
    """A country has one edge, the home edge stands elsewhere, and names are small letters."""
    with pytest.raises(ValidationError, match=why):
        TierSettings.model_validate({"edges": edges})
