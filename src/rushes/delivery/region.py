"""Which edge is near to whom: the one that was asked for, else that of the viewer's country."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from rushes.tiers.placement import Tier, edge_in, region_unknown

HOME: Final = "home"
"""The name of the region whose edge gets what is made."""


@dataclass(frozen=True, slots=True)
class Regions:
    """The edges of further regions: which there are, and whose country each is for."""

    countries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By the name of the region."""

    def require(self, region: str | None) -> str | None:
        """Return a region that was asked for; None was not.

        Raises:
            RegionUnknown: there is no edge of it.
        """
        if region in {None, HOME} or region in self.countries:
            return region
        raise region_unknown()

    def find_near(self, region: str | None, country: str | None) -> Tier:
        """Return the edge for a region that was chosen, or for a country; else the home edge.

        A region without an edge, as an old address may name one, counts as not chosen.
        """
        if region == HOME:
            return Tier.EDGE
        if region is not None and region in self.countries:
            return edge_in(region)
        named = (country or "").upper()
        for each, countries in self.countries.items():
            if named in countries:
                return edge_in(each)
        return Tier.EDGE
