"""The edge: near to viewers, and closed to originals.

Every write to the edge passes here, and takes an `EdgeKey`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import TypeAlias

from rushes.renditions.rendition import PLAYED, SOUNDING, Kind
from rushes.stores.store import ObjectInfo, Vault
from rushes.tiers.keys import EdgeKey
from rushes.tiers.placement import OriginalRefused

Bring: TypeAlias = Callable[[Vault], Awaitable[ObjectInfo]]
"""Writes one object into a store."""


@dataclass(frozen=True, slots=True)
class Edge:
    """The store that plays the edge; reads go to `store`, writes come here.

    `on_ingest` are the qualities that go there as soon as they are made; None is all of them.
    """

    store: Vault
    on_ingest: frozenset[str] | None = None

    def takes(self, kind: Kind, name: str) -> bool:
        """Say whether a finished rendition goes to the edge before anybody asked for it.

        Pictures always do; sound does where any quality does, for it has but one.
        """
        if kind not in PLAYED or self.on_ingest is None:
            return True
        return name in self.on_ingest or (kind in SOUNDING and bool(self.on_ingest))

    async def take(self, key: EdgeKey, bring: Bring) -> ObjectInfo:
        """Let a rendition be brought here; `bring` gets the store and writes the key.

        Raises:
            OriginalRefused: the key is not one of a rendition.
        """
        if not isinstance(key, EdgeKey):
            raise OriginalRefused("The edge takes renditions only. This is our mistake.")
        return await bring(self.store)


def edge_of(store: Vault, on_ingest: str | Collection[str]) -> Edge:
    """Return the edge in its store; `on_ingest` as the settings have it: names, all or none."""
    if isinstance(on_ingest, str):
        return Edge(store, None if on_ingest == "all" else frozenset())
    return Edge(store, frozenset(on_ingest))
