"""What was acknowledged: a client's own book, which outlives every server, and finds what is lost.

An acknowledgement is any word of the server that some bytes are there: the answer to an append, an
interim answer (104), an offset told by HEAD or in the status, a chunk's 200, a part in a list.
Bytes lie in places: an upload by offsets has the one place `""`, one in chunks a place per chunk.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

KIB, MIB = 2**10, 2**20


class Lost(Exception):
    """A promise that was not kept."""


@dataclass(slots=True)
class Parcel:
    """A file on its way: how it is sent, where it is, and what was acknowledged of it, by place."""

    name: str
    way: str
    content: bytes = field(repr=False)
    upload_id: str = ""
    path: str = ""
    acknowledged: dict[str, int] = field(default_factory=dict)
    is_sent: bool = False
    """Whether the server has said that it is complete."""
    paths: tuple[str, ...] = ()
    """Of a file in several uploads, their addresses."""

    @property
    def digest(self) -> str:
        """Return the digest as the API tells it."""
        return f"sha-256:{hashlib.sha256(self.content).hexdigest()}"


@dataclass(slots=True)
class Journal:
    """All that was acknowledged, and how often it was held against a later answer."""

    acknowledgements: int = 0
    acknowledged_bytes: int = 0
    interim: int = 0
    checks: int = 0
    completions: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)

    def hear(self, parcel: Parcel, size_bytes: int, place: str = "") -> None:
        """Write down that so many bytes at a place were acknowledged.

        Raises:
            Lost: more had been acknowledged before, or there is nothing that could have been.
        """
        before = parcel.acknowledged.get(place, 0)
        if size_bytes < before:
            raise Lost(f"{parcel.name} at {place!r}: {size_bytes} after {before} bytes")
        if size_bytes > len(parcel.content):
            raise Lost(f"{parcel.name} at {place!r}: {size_bytes} were never sent")
        parcel.acknowledged[place] = size_bytes
        self.acknowledgements += 1
        self.acknowledged_bytes += size_bytes - before

    def check(self, parcel: Parcel, told: Mapping[str, int]) -> None:
        """Hold what a server tells against all that was acknowledged; it counts from now on, too.

        Raises:
            Lost: something of it is missing.
        """
        self.checks += 1
        for place, size_bytes in parcel.acknowledged.items():
            if told.get(place, 0) < size_bytes:
                raise Lost(
                    f"{parcel.name} ({parcel.way}) at {place!r}: "
                    f"{told.get(place, 0)} of {size_bytes} acknowledged bytes are there"
                )
        for place, size_bytes in told.items():
            self.hear(parcel, size_bytes, place)

    def complete(self, parcel: Parcel) -> None:
        """Write down that a file was said to be complete."""
        parcel.is_sent = True
        self.completions += 1


def make_parcel(number: int, way: str, chance: random.Random, largest: int) -> Parcel:
    """Make a file of random bytes: mostly small, one in eight as large as is allowed."""
    most = largest if chance.random() < 1 / 8 else max(64 * KIB, largest // 8)
    size = chance.randrange(32 * KIB, most)
    return Parcel(f"take_{number:05}.bin", way, chance.randbytes(size))
