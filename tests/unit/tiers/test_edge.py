"""What the edge takes before anybody asked for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from rushes.renditions.rendition import Kind
from rushes.stores.blocks import Fingerprint
from rushes.tiers.edge import Edge
from rushes.tiers.keys import EdgeKey
from rushes.tiers.placement import OriginalRefused

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


@dataclass
class Taking:
    """A store that notes what it is given."""

    taken: list[str] = field(default_factory=list)

    async def adopt(self, key: str, _path: Path, _known: Fingerprint) -> str:
        """Note the key."""
        self.taken.append(key)
        return key


@pytest.mark.covers("T-TI-03")
async def test_the_edge_takes_nothing_but_keys_of_its_own() -> None:
    """A plain text is refused, whatever it says; so no path leads an original there."""
    store = Taking()
    edge, known = Edge(cast("Any", store)), Fingerprint(1)

    await edge.adopt(EdgeKey("proxies/ast_1/360p.mp4"), Path("a"), known)
    with pytest.raises(OriginalRefused):
        await edge.adopt(cast("Any", "proxies/ast_1/360p.mp4"), Path("a"), known)

    assert ["proxies/ast_1/360p.mp4"] == store.taken
