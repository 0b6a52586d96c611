"""Comparing: a stretch of rows against the same stretch of a store, both by key."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from rushes.tiers.placement import Placement, State


@dataclass(frozen=True, slots=True)
class Differences:
    """What one side has and the other lacks; `resized` is there with another size."""

    missing: tuple[Placement, ...]
    resized: tuple[Placement, ...]
    unknown: tuple[str, ...]


def compare(
    rows: Collection[Placement], objects: Mapping[str, int], known: Collection[str] = ()
) -> Differences:
    """Say where rows and objects differ.

    Args:
        rows: every placement of the stretch, whatever its state; those that say present are held
            to it, and what has a row at all is not unknown.
        objects: size by key of every object of the stretch.
        known: keys that something else than a placement tells of.
    """
    there = [row for row in rows if row.state is State.PRESENT]
    told = {row.key for row in rows}.union(known)
    return Differences(
        missing=tuple(row for row in there if row.key not in objects),
        resized=tuple(
            row for row in there if objects.get(row.key, row.size_bytes) != row.size_bytes
        ),
        unknown=tuple(key for key in objects if key not in told),
    )


@dataclass(slots=True)
class Tally:
    """What a check found on one tier; `bytes_read` of how many blocks."""

    rows: int = 0
    objects: int = 0
    doubted: int = 0
    missing: int = 0
    resized: int = 0
    unknown: int = 0
    blocks: int = 0
    bytes_read: int = 0
    wrong: int = 0
    repaired: int = 0
    lost: int = 0
    trouble: str | None = None
