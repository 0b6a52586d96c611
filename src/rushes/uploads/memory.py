"""What this process remembers of uploads between their appends.

A running SHA-256 cannot be saved, so it stays here; after a restart the open block is read again.
An upload that is not remembered is fenced first: a writer that was given up may still be at it.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from rushes.uploads.blocks import Hashing
from rushes.uploads.upload import Upload

MOST: Final = 4_096


@dataclass(frozen=True, slots=True)
class Remembered:
    """An upload as this process left it; `hashing` stands at its offset."""

    fence: int
    offset: int
    hashing: Hashing | None
    is_spoiled: bool = False

    def fits(self, upload: Upload) -> bool:
        """Say whether nobody else has touched the upload since."""
        return (self.fence, self.offset) == (upload.fence, upload.offset)


class Memory:
    """The uploads that were touched last."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Remembered] = OrderedDict()

    def find(self, upload: Upload) -> Remembered | None:
        """Return what is remembered, if it still holds."""
        known = self._known.get(upload.id)
        return known if known is not None and known.fits(upload) else None

    def keep(self, upload: Upload, hashing: Hashing | None, *, is_spoiled: bool = False) -> None:
        """Remember an upload; the one that rested longest is forgotten for it."""
        if hashing is not None and hashing.offset != upload.offset:
            hashing = None
        self._known[upload.id] = Remembered(upload.fence, upload.offset, hashing, is_spoiled)
        self._known.move_to_end(upload.id)
        if len(self._known) > MOST:
            self._known.popitem(last=False)

    def forget(self, upload_id: str) -> None:
        """Remember it no more."""
        self._known.pop(upload_id, None)
