"""The plan: how much of everything a run does, and where it puts its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PIECE = bytes(2**20)


@dataclass(frozen=True, slots=True)
class MovingPlan:
    """One run; `folder` is on a real disk."""

    folder: Path
    rounds: int = 3
    object_mib: int = 1024
    viewers: int = 1_000
    away_seconds: float = 0.05
    """How far an archive is: seconds until an answer of it begins."""
    first_bytes: int = 20
    """How often a first byte is waited for, each way."""
    rows: int = 1_000_000
    assets: int = 3_000
    seeds: tuple[int, ...] = (1, 2, 3)
    zipf: tuple[float, ...] = (0.8, 1.0, 1.2)


def touch_memory(path: Path, size_bytes: int) -> None:
    """Write a file and take it away, so that the system has as much memory at hand.

    A guest that let go of memory gets it back from its host a page at a time: whoever writes
    first pays for that, five times what writing costs.
    """
    with path.open("wb") as file:
        for _ in range(-(-size_bytes // len(PIECE))):
            file.write(PIECE)
    path.unlink()
