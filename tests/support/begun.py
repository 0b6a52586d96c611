"""What encoders were asked for after a worker died, told by its log, beside what stood already."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from tests.support.served import Served

BEGIN: Final = "A run of segments begins"

Piece: TypeAlias = tuple[str, str, int]
"""A segment: its content, the name of its quality, its number."""


@dataclass(frozen=True, slots=True)
class Death:
    """A worker that is gone: what stood before, and where the log of the next one begins."""

    committed: frozenset[Piece]
    log_bytes: int


def log_of(served: Served) -> Path:
    """Return the log of a server and of the worker beside it."""
    return served.data.parent / "server.log"


def list_committed(data: Path) -> frozenset[Piece]:
    """Return the segments that stand under their names."""
    found = (data / "segments").glob("*/*/*.m4s")
    return frozenset(
        (path.parent.parent.name, path.parent.name.partition(".")[0], int(path.stem))
        for path in found
        if not path.name.startswith(".")
    )


def list_made_again(log: Path, deaths: Sequence[Death]) -> list[Piece]:
    """Return the segments that stood when a worker died, and were asked for by a later one."""
    content = log.read_bytes()
    return sorted(
        piece
        for death in deaths
        for piece in _list_begun(content[death.log_bytes :])
        if piece in death.committed
    )


def _list_begun(log: bytes) -> Iterator[Piece]:
    for line in log.splitlines():
        if BEGIN.encode() in line:
            told = json.loads(line)
            for name in told["names"]:
                for index in range(told["first"], told["first"] + told["count"]):
                    yield told["content_id"], name, index
