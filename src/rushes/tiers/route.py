"""Which copy answers: the nearest tier that holds the object and is not down.

First the edge of the viewer's region, then the home edge, those of other regions, the archive.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rushes.tiers.placement import Placement, State, Tier

BEHIND: Final = (Tier.ARCHIVE, Tier.FORMER, Tier.EDITING)
"""The tiers behind the edges, best first."""


def route(
    copies: Iterable[Placement],
    *,
    down: frozenset[Tier] = frozenset(),
    near: Tier = Tier.EDGE,
) -> list[Placement]:
    """Return the copies that can be read, best first; the next one is for when one fails.

    A copy that is being evicted answers nobody: that is what lets it go without cutting a viewer.
    """
    readable = (copy for copy in copies if copy.state is State.PRESENT and copy.tier not in down)
    return sorted(readable, key=lambda copy: (_distance(copy.tier, near), copy.tier))


def _distance(tier: Tier, near: Tier) -> int:
    if tier is near:
        return 0
    if tier.is_edge:
        return 1 if tier is Tier.EDGE else 2
    return 3 + BEHIND.index(tier)
