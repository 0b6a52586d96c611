"""The edge: near to viewers, and closed to originals.

Every write to the edge passes here, and takes an `EdgeKey`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rushes.renditions.rendition import PLAYED, Kind
from rushes.stores.blocks import Fingerprint
from rushes.stores.store import ObjectInfo, Vault
from rushes.tiers.keys import EdgeKey
from rushes.tiers.placement import OriginalRefused


@dataclass(frozen=True, slots=True)
class Edge:
    """The store that plays the edge; reads go to `store`, writes come here.

    `on_ingest` are the qualities that go there as soon as they are made; None is all of them.
    """

    store: Vault
    on_ingest: frozenset[str] | None = None

    def takes(self, kind: Kind, name: str) -> bool:
        """Say whether a finished rendition goes to the edge before anybody asked for it.

        Pictures always do; sound alone does where any quality does, for it has but one.
        """
        if kind not in PLAYED or self.on_ingest is None:
            return True
        return name in self.on_ingest or (kind is Kind.AUDIO and bool(self.on_ingest))

    async def adopt(self, key: EdgeKey, path: Path, known: Fingerprint) -> ObjectInfo:
        """Keep a rendition.

        Raises:
            OriginalRefused: the key is not one of a rendition.
        """
        if not isinstance(key, EdgeKey):
            raise OriginalRefused("The edge takes renditions only. This is our mistake.")
        return await self.store.adopt(key.text, path, known)
