"""Keys of the edge: originals never reach it.

What is written there takes an `EdgeKey`, and an `EdgeKey` can be made of a rendition only.
"""

from __future__ import annotations

from dataclasses import dataclass

from rushes.ids import Prefix, is_id
from rushes.stores.keys import safe_name
from rushes.tiers.placement import OriginalRefused


@dataclass(frozen=True, slots=True)
class EdgeKey:
    """A key that the edge takes; `edge_key` makes one.

    Raises:
        OriginalRefused: the key is not one of a rendition.
    """

    text: str

    def __post_init__(self) -> None:
        if not self.text.startswith(("proxies/", "stills/")):
            raise OriginalRefused("Originals are kept in the archive only. This is our mistake.")


def edge_key(object_id: str, asset_id: str, file_name: str, *, is_still: bool) -> EdgeKey:
    """Return the key of a rendition on the edge.

    Raises:
        OriginalRefused: the object is no rendition.
    """
    if not is_id(Prefix.RENDITION, object_id):
        raise OriginalRefused("Only renditions reach the edge. This is our mistake.")
    folder = "stills" if is_still else "proxies"
    return EdgeKey(f"{folder}/{asset_id}/{safe_name(file_name, object_id)}")
