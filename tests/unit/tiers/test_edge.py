"""What the edge takes before anybody asked for it."""

from __future__ import annotations

from typing import Any, cast

import pytest

from rushes.renditions.rendition import Kind
from rushes.stores.store import Unreachable
from rushes.tiers.edge import Edge, edge_of
from rushes.tiers.keys import EdgeKey
from rushes.tiers.placement import OriginalRefused, Tier, edge_in

LOW = frozenset({"360p", "540p"})
NONE: frozenset[str] = frozenset()


@pytest.mark.covers("CF-04", "T-TI-01", "T-TI-02", "M-ST-08")
@pytest.mark.parametrize(
    ("on_ingest", "kind", "name", "is_taken"),
    [
        (LOW, Kind.PROXY, "360p", True),
        (LOW, Kind.PROXY, "1080p", False),
        (LOW, Kind.STILL, "poster", True),
        (LOW, Kind.STORYBOARD, "storyboard", True),
        (LOW, Kind.AUDIO, "sound", True),
        (NONE, Kind.PROXY, "360p", False),
        (NONE, Kind.AUDIO, "sound", False),
        (NONE, Kind.STILL, "poster", True),
        (None, Kind.PROXY, "2160p", True),
    ],
)
def test_the_edge_takes_what_the_settings_say(
    on_ingest: frozenset[str] | None, kind: Kind, name: str, *, is_taken: bool
) -> None:
    """Pictures always, qualities by name, and sound alone where any quality goes there."""
    edge = Edge(cast("Any", None), on_ingest)

    assert is_taken is edge.takes(kind, name)


@pytest.mark.covers("T-TI-03")
async def test_the_edge_takes_nothing_but_keys_of_its_own() -> None:
    """A plain text is refused, whatever it says; so no path leads an original there."""
    store, taken = cast("Any", object()), []
    edge = Edge(store)

    async def bring(given: Any) -> Any:
        taken.append(given)
        return "brought"

    brought: Any = await edge.take(EdgeKey("proxies/ast_1/360p.mp4"), bring)
    with pytest.raises(OriginalRefused):
        await edge.take(cast("Any", "proxies/ast_1/360p.mp4"), bring)

    assert ("brought", [store]) == (brought, taken)


def test_the_settings_name_qualities_or_all_or_none() -> None:
    """As `tiers.edge.on_ingest` has it."""
    store = cast("Any", object())

    found = [edge_of(store, told).on_ingest for told in ("all", "none", ("360p", "540p"))]

    assert [None, NONE, LOW] == found


async def test_the_edge_of_a_region_has_a_store_of_its_own() -> None:
    """One that the settings do not name any more cannot be reached, and that is said."""
    home, west, us = cast("Any", object()), cast("Any", object()), edge_in("us")
    edge, taken = edge_of(home, "none", {us: west}), []

    async def bring(store: Any) -> Any:
        taken.append(store)

    for tier in (Tier.EDGE, us):
        await edge.take(EdgeKey("proxies/ast_1/360p.mp4"), bring, tier)

    assert [home, west] == taken
    with pytest.raises(Unreachable, match="region jp"):
        edge.store_of(edge_in("jp"))
