"""The table of the tiers: flat names, qualities parted by commas, and which stores are chosen."""

from __future__ import annotations

import pytest

from rushes.tier_section import TierSettings, list_chosen


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("all", "all"),
        ("none", "none"),
        ("360p, 720p", ("360p", "720p")),
        (["1080p"], ("1080p",)),
    ],
)
def test_qualities_for_the_edge_are_named_or_all_or_none(told: object, expected: object) -> None:
    """The environment parts names by commas, the file lists them."""
    assert expected == TierSettings.model_validate({"edge_on_ingest": told}).edge.on_ingest


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
