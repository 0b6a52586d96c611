"""The plan: how much of everything a run does, and where it puts its files."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.ingest.machine import MIB
from bench.ingest.sending import BLOCK


@dataclass(frozen=True, slots=True)
class Plan:
    """One run; `memory` is a tmpfs, so that no disk is measured there, `disk` a real disk."""

    memory: Path
    disk: Path
    rounds: int = 3
    body_mib: int = 2048
    stream_mib: int = 4096
    range_mib: int = 2048
    bucket_mib: int = 1024
    appends: int = 400
    idle: int = 10_000
    open_at_once: int = 1_000

    @contextmanager
    def source(self) -> Iterator[Path]:
        """Give a file of `BLOCK` bytes in memory, that bodies are sent from."""
        path = self.memory / "source"
        noise = os.urandom(MIB)
        with path.open("wb") as file:
            for _ in range(BLOCK // MIB):
                file.write(noise)
        try:
            yield path
        finally:
            path.unlink()


def tell(sentence: str) -> None:
    """Say how far the run is."""
    print(sentence, file=sys.stderr, flush=True)
