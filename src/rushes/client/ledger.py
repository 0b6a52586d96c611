"""The ledger of a download: which bytes of each piece are in the `.part` file already."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from rushes.client.parts import PIECE_BYTES, Part, cut


@dataclass(slots=True)
class Ledger:
    """Bytes that are here, by the index of their piece; they count only for the same `etag`."""

    etag: str
    size_bytes: int
    here: dict[int, int] = field(default_factory=dict)

    @property
    def done(self) -> int:
        """Return how many bytes are here."""
        return sum(self.here.values())

    def list_missing(self) -> list[Part]:
        """Return the pieces that are not whole."""
        return [
            part
            for part in cut(self.size_bytes, PIECE_BYTES)
            if self.here.get(part.index, 0) < part.length
        ]

    def save(self, path: Path) -> None:
        """Write it beside the bytes."""
        written = {"etag": self.etag, "size_bytes": self.size_bytes, "here": self.here}
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        fresh.write_text(json.dumps(written), encoding="utf-8")
        fresh.replace(path)


def load_ledger(path: Path, part: Path, fresh: Ledger) -> Ledger:
    """Return what is written of the same bytes; else the fresh one, for a part that begins anew."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        here = {int(index): int(count) for index, count in told["here"].items()}
        is_same = (told["etag"], told["size_bytes"]) == (fresh.etag, fresh.size_bytes)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return fresh
    if not is_same or not fresh.etag or not part.exists():
        return fresh
    return Ledger(fresh.etag, fresh.size_bytes, here)
