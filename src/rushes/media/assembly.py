"""Puts a rendition together: segments from their shelves become one file, bytes copied.

The file is written under another name in the same folder, made durable, and renamed; a crash
leaves nothing under the real name.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO

from rushes.media.fragment import with_track_id
from rushes.media.grid import Grid
from rushes.media.layout import Column, Layout, Plain, plan_file
from rushes.media.movie import parse_track
from rushes.media.overlay import Overlay
from rushes.media.progressive import Row, plan_plain
from rushes.media.shelf import Shelf
from rushes.media.sound import SoundGrid
from rushes.media.timecode import Timecode


@dataclass(frozen=True, slots=True)
class PicturePart:
    """The picture's shelf and its grid."""

    shelf: Shelf
    grid: Grid


@dataclass(frozen=True, slots=True)
class SoundPart:
    """The sound's shelf and its cuts."""

    shelf: Shelf
    cuts: SoundGrid


async def assemble(
    name: str,
    target: Path,
    picture: PicturePart | None,
    sound: SoundPart | None,
    timecode: Timecode | None = None,
) -> Layout:
    """Write the file of a rendition and return its layout; `timecode` is that of its first frame.

    Raises SegmentMissing where a piece is not on its shelf, and OSError of the disk.
    """
    return await asyncio.to_thread(_assemble, name, target, picture, sound, timecode)


def _assemble(
    name: str,
    target: Path,
    picture: PicturePart | None,
    sound: SoundPart | None,
    timecode: Timecode | None,
) -> Layout:
    shelves, columns = [], []
    if picture is not None:
        shelves.append(picture.shelf)
        ticks = tuple(picture.grid.ticks_of(index) for index in range(picture.grid.count))
        columns.append(_column(picture.shelf, ticks))
    if sound is not None:
        shelves.append(sound.shelf)
        columns.append(_column(sound.shelf, _heard_ticks(sound.cuts)))
    beginning = _plan_plain(shelves, columns, timecode)
    before, tracks = plan_file(columns, timecode, beginning)
    digest, plain = hashlib.sha256(before), hashlib.sha256(beginning)
    with _replacing(target) as file:
        file.write(before)
        for index in range(len(columns[0].sizes)):
            for number, shelf in enumerate(shelves, 1):
                piece = with_track_id(shelf.get_segment(index), number)
                digest.update(piece)
                plain.update(piece)
                file.write(piece)
        size_bytes = file.tell()
    shown, last = columns[0].track, tracks[-1].init
    overlay = Overlay(last.offset + last.size_bytes, len(beginning), len(before))
    return Layout(
        name,
        size_bytes,
        digest.hexdigest(),
        shown.width,
        shown.height,
        Fraction(0) if picture is None or picture.grid.rate is None else picture.grid.rate,
        tracks[0] if picture is not None else None,
        tracks[-1] if sound is not None else None,
        Plain(overlay, plain.hexdigest()),
    )


def _plan_plain(
    shelves: Sequence[Shelf], columns: Sequence[Column], timecode: Timecode | None
) -> bytes:
    """Return the beginning of a plain MP4 whose data are the segments as they will lie."""
    rows: list[list[Row]] = [[] for _ in columns]
    at = 0
    for index in range(len(columns[0].sizes)):
        for place, column in enumerate(columns):
            rows[place].append(Row(at, shelves[place].get_head(index)))
            at += column.sizes[index]
    tracks = [(column.track, rows[place]) for place, column in enumerate(columns)]
    return plan_plain(tracks, at, timecode)


def _heard_ticks(cuts: SoundGrid) -> tuple[int, ...]:
    """Return how long each fragment is heard."""
    return tuple(cuts.ticks_of(index) for index in range(cuts.count))


def _column(shelf: Shelf, ticks: tuple[int, ...]) -> Column:
    track, _ = parse_track(shelf.get_init())
    return Column(track, tuple(shelf.size_of(index) for index in range(len(ticks))), ticks)


@contextmanager
def _replacing(target: Path) -> Iterator[IO[bytes]]:
    """Open a file that takes the target's name when it is complete and durable."""
    target.parent.mkdir(parents=True, exist_ok=True)
    attempt = target.with_name(f".{target.name}.{os.getpid()}.{os.urandom(6).hex()}")
    try:
        with attempt.open("xb") as file:
            yield file
            file.flush()
            os.fdatasync(file.fileno())
        attempt.replace(target)
    finally:
        with suppress(FileNotFoundError):
            attempt.unlink()
