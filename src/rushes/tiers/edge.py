"""The edge: near to viewers, and closed to originals.

Every write to an edge passes here, and takes an `EdgeKey`. The home edge gets what is made; those
of further regions only what is watched there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from rushes.renditions.rendition import PLAYED, SOUNDING, Kind
from rushes.stores.store import ObjectInfo, Unreachable, Vault
from rushes.tiers.keys import EdgeKey
from rushes.tiers.placement import OriginalRefused, Tier

Bring: TypeAlias = Callable[[Vault], Awaitable[ObjectInfo]]
"""Writes one object into a store."""

Further: TypeAlias = Mapping[Tier, Vault]
"""The stores of the edges of further regions."""


def store_at(tier: Tier, home: Vault, further: Further) -> Vault:
    """Return the store of an edge.

    Raises:
        Unreachable: the settings name no such region any more.
    """
    found = home if tier is Tier.EDGE else further.get(tier)
    if found is None:
        raise Unreachable(
            f"The settings name no edge of the region {tier.region}. Name it again in "
            f"[tiers.edges.{tier.region}], so that what is there can be reached."
        )
    return found


@dataclass(frozen=True, slots=True)
class Edge:
    """The store that plays the edge; reads go to `store`, writes come here.

    `on_ingest` are the qualities that go there as soon as they are made; None is all of them.
    """

    store: Vault
    on_ingest: frozenset[str] | None = None
    further: Further = field(default_factory=dict)

    def store_of(self, tier: Tier) -> Vault:
        """Return the store of the home edge, or of a region's.

        Raises:
            Unreachable: the settings name no such region any more.
        """
        return store_at(tier, self.store, self.further)

    def takes(self, kind: Kind, name: str) -> bool:
        """Say whether a finished rendition goes to the edge before anybody asked for it.

        Pictures always do; sound does where any quality does, for it has but one.
        """
        if kind not in PLAYED or self.on_ingest is None:
            return True
        return name in self.on_ingest or (kind in SOUNDING and bool(self.on_ingest))

    async def take(self, key: EdgeKey, bring: Bring, tier: Tier = Tier.EDGE) -> ObjectInfo:
        """Let a rendition be brought to an edge; `bring` gets the store and writes the key.

        Raises:
            OriginalRefused: the key is not one of a rendition.
            Unreachable: the settings name no such region any more.
        """
        if not isinstance(key, EdgeKey):
            raise OriginalRefused("The edge takes renditions only. This is our mistake.")
        return await bring(self.store_of(tier))


def edge_of(store: Vault, on_ingest: str | Collection[str], further: Further | None = None) -> Edge:
    """Return the edge in its store; `on_ingest` as the settings have it: names, all or none."""
    if isinstance(on_ingest, str):
        return Edge(store, None if on_ingest == "all" else frozenset(), further or {})
    return Edge(store, frozenset(on_ingest), further or {})
