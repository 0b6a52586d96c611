"""The edge: near to viewers, and closed to originals.

Every write to the edge passes here, and takes an `EdgeKey`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rushes.stores.blocks import Fingerprint
from rushes.stores.filesystem import FolderStore
from rushes.stores.store import ObjectInfo
from rushes.tiers.keys import EdgeKey
from rushes.tiers.placement import OriginalRefused


@dataclass(frozen=True, slots=True)
class Edge:
    """The store that plays the edge; reads go to `store`, writes come here."""

    store: FolderStore

    async def adopt(self, key: EdgeKey, path: Path, known: Fingerprint) -> ObjectInfo:
        """Keep a rendition.

        Raises:
            OriginalRefused: the key is not one of a rendition.
        """
        if not isinstance(key, EdgeKey):
            raise OriginalRefused("The edge takes renditions only. This is our mistake.")
        return await self.store.adopt(key.text, path, known)
