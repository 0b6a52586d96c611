"""Which folders of segments stay: the bound on what all of them take, and what is left over."""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from rushes.db.engine import Database
from rushes.library import records as library_records
from rushes.renditions import records

LEFTOVERS_REST: Final = timedelta(hours=1)
"""A folder this young may belong to a run that has not heard yet that its content is gone."""

USED_REST: Final = timedelta(minutes=10)
"""A folder in which something was made or watched so lately is in use."""

MADE_REST: Final = timedelta(days=1)
"""A ladder that made nothing for so long counts as one that is not being made."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The segments of a content; `used_at` is when one was last made or watched, in Unix time."""

    name: str
    used_at: float
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Keeping:
    """Keeps the folders below `folder` within `keep_bytes` together."""

    database: Database
    folder: Path
    keep_bytes: int

    async def sweep(self, now: datetime) -> int:
        """Remove old folders of contents that are gone or made; return how many went.

        While all that stay take more than `keep_bytes`, those go that were not made or watched for
        longest; never one that is made or watched just now.
        """
        found = await asyncio.to_thread(list_folders, self.folder)
        names = [each.name for each in found]
        async with self.database.reading() as connection:
            known = await library_records.list_known_contents(connection, names)
            unmade = await records.list_unmade(connection, names)
            making = await records.list_making(connection, names)
        left = before(now, LEFTOVERS_REST)
        gone = {
            each.name for each in found if each.used_at < left and each.name not in known & unmade
        }
        stay = [each for each in found if each.name not in gone]
        gone |= choose(stay, known, making, self.keep_bytes, now)
        for name in gone:
            await asyncio.to_thread(shutil.rmtree, self.folder / name, ignore_errors=True)
        return len(gone)


def choose(
    folders: list[Folder], known: set[str], making: set[str], keep_bytes: int, now: datetime
) -> set[str]:
    """Return the folders that go, so that the others take no more than `keep_bytes`.

    Args:
        folders: all of them.
        known: names of contents; other folders are somebody's work in progress.
        making: contents whose ladder is being made.
        keep_bytes: the bound.
        now: the time.
    """
    taken, gone = sum(each.size_bytes for each in folders), set[str]()
    used, made = before(now, USED_REST), before(now, MADE_REST)
    for each in sorted(folders, key=lambda one: one.used_at):
        is_used = each.used_at >= (made if each.name in making else used)
        if taken > keep_bytes and each.name in known and not is_used:
            gone.add(each.name)
            taken -= each.size_bytes
    return gone


def before(now: datetime, rest: timedelta) -> float:
    """Return a time in the past as Unix time."""
    return (now - rest).timestamp()


def list_folders(folder: Path) -> list[Folder]:
    """Return all folders in it; what goes meanwhile counts for nothing."""
    try:
        with os.scandir(folder) as entries:
            return [_measure(each) for each in entries if each.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return []


def _measure(entry: os.DirEntry[str]) -> Folder:
    used_at, size_bytes = 0.0, 0
    for place, _, names in os.walk(entry.path):
        try:
            used_at = max(used_at, Path(place).stat().st_mtime)
            size_bytes += sum((Path(place) / name).lstat().st_size for name in names)
        except FileNotFoundError:
            continue
    return Folder(entry.name, used_at, size_bytes)
