"""Which copy answers: the nearest tier that holds the object and is not down."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rushes.tiers.placement import Placement, State, Tier

NEAREST: Final = (Tier.EDGE, Tier.ARCHIVE, Tier.FORMER, Tier.EDITING)


def route(copies: Iterable[Placement], *, down: frozenset[Tier] = frozenset()) -> list[Placement]:
    """Return the copies that can be read, best first; the next one is for when one fails.

    A copy that is being evicted answers nobody: that is what lets it go without cutting a viewer.
    """
    readable = (copy for copy in copies if copy.state is State.PRESENT and copy.tier not in down)
    return sorted(readable, key=lambda copy: NEAREST.index(copy.tier))
