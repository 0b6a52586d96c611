"""Shelves: where segments stand while a rendition is being made.

A shelf is a folder `{rung}.{recipe}.{grid}` with `init.mp4` and `{index}.m4s`. A piece is written
under a name of its own and then linked: it appears whole or not at all, and the first writer wins.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rushes.media import mp4
from rushes.media.color import Treatment
from rushes.media.failures import InitMismatch, SegmentMissing
from rushes.media.ladder import RECIPE

HEAD_BYTES: Final = 16 * 2**10
COPIED: Final = "c1"
"""The recipe of what is copied; it changes when any byte that we write around samples does."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The pieces of one rung, or of a sound."""

    folder: Path

    @property
    def init(self) -> Path:
        """Return where the init stands."""
        return self.folder / "init.mp4"

    def segment(self, index: int) -> Path:
        """Return where segment `index` stands."""
        return self.folder / f"{index}.m4s"

    def list_missing(self, count: int) -> list[int]:
        """Return the segments below `count` that are not there; all of them without an init."""
        if not self.init.exists():
            return list(range(count))
        there = {entry.name for entry in os.scandir(self.folder)}
        return [index for index in range(count) if f"{index}.m4s" not in there]

    def get_init(self) -> bytes:
        """Return the init, or raise SegmentMissing."""
        return self._read(self.init)

    def get_segment(self, index: int) -> bytes:
        """Return a segment, or raise SegmentMissing."""
        return self._read(self.segment(index))

    def get_head(self, index: int) -> bytes:
        """Return the head of a segment, up to its samples, or raise SegmentMissing."""
        path = self.segment(index)
        try:
            with path.open("rb") as file:
                head = file.read(HEAD_BYTES)
                moof = mp4.read_header(head, 0, len(head))
                more = 0 if moof is None else moof.end + mp4.WIDE_HEADER_BYTES - len(head)
                return head + file.read(max(0, more))
        except FileNotFoundError as error:
            raise _missing(path) from error

    def size_of(self, index: int) -> int:
        """Return the bytes of a segment, or raise SegmentMissing."""
        path = self.segment(index)
        return path.stat().st_size if path.exists() else len(self._read(path))

    def put_init(self, init: bytes) -> None:
        """Store the init; raise InitMismatch where another one is there."""
        if not self._put(self.init, init) and self.init.read_bytes() != init:
            raise InitMismatch(
                "A run began the rung differently from the runs before; it is made once more."
            )

    def put_segment(self, index: int, segment: bytes) -> bool:
        """Store a segment; False where it was there already, and stays as it was."""
        return self._put(self.segment(index), segment)

    def _read(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except FileNotFoundError as error:
            raise _missing(path) from error

    def _put(self, path: Path, content: bytes) -> bool:
        if path.exists():
            return False
        self.folder.mkdir(parents=True, exist_ok=True)
        attempt = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(6).hex()}")
        try:
            attempt.write_bytes(content)
            os.link(attempt, path)
        except FileExistsError:
            return False
        finally:
            with suppress(FileNotFoundError):
                attempt.unlink()
        return True


def _missing(path: Path) -> SegmentMissing:
    return SegmentMissing(f"{path.name} of {path.parent.name} is not there; it is made first.")


def recipe_of(treatment: Treatment, recipe: str = RECIPE) -> str:
    """Return the recipe of what is encoded: the encoder's, and what became of the colours."""
    return "-".join(filter(None, (recipe, treatment.word)))


def shelf_of(folder: Path, name: str, grid: str, recipe: str = RECIPE) -> Shelf:
    """Return the shelf of a rung (or a sound) on the grid of this name."""
    return Shelf(folder / f"{name}.{recipe}.{grid}")
