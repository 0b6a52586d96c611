"""The sweep: expired uploads end, and what nobody owns leaves the spool.

1. Only uploads that still receive expire. The row changes first, the files go after it.
2. Files without a row are never deleted at once: they rest in `spool/lost` for 7 days.
3. A clock that has jumped by a day makes nothing old: the sweep refuses until it is told to go on.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from rushes import ids
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.errors import Kind, RushesError
from rushes.ids import Prefix
from rushes.uploads import concat_records, records, sweep_records
from rushes.uploads.concat import GROUP_FILE
from rushes.uploads.ending import Ending
from rushes.uploads.join import Joining
from rushes.uploads.spool import LOST, Spool
from rushes.uploads.upload import Upload

BATCH: Final = 100
REST_IN_LOST: Final = timedelta(days=7)
KEEP_ROWS: Final = timedelta(days=30)
YOUNG: Final = timedelta(hours=1)
"""A file is made before its row: one this young may still get it."""
MAX_JUMP: Final = timedelta(days=1)

LOG: Final = logging.getLogger(__name__)


class ClockMoved(RushesError):
    """The clock of the machine has jumped."""

    code = "sweep.clock_moved"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did, in numbers."""

    expired: int
    removed: int
    lost: int
    forgotten: int


@dataclass(slots=True)
class _Look:
    """When the last sweep was, by both clocks."""

    at: datetime | None = None
    monotonic: float = 0.0


@dataclass(frozen=True, slots=True)
class Sweep:
    """Ends what is over."""

    database: Database
    clock: Clock
    spool: Spool
    ending: Ending
    joining: Joining
    monotonic: Callable[[], float] = time.monotonic
    _last: _Look = field(default_factory=_Look)

    async def run(self, *, even_if_clock_moved: bool = False) -> Swept:
        """Sweep once.

        Raises:
            ClockMoved: since the last sweep the clock went more than a day further than time did.
        """
        self._check_clock(even_if_clock_moved)
        await self.joining.finish_late()
        expired = await self._expire()
        removed = await self._remove_leftovers()
        lost = await self._find_lost()
        forgotten = await self._forget()
        return Swept(expired, removed, lost, forgotten)

    def _check_clock(self, even_if_moved: bool) -> None:  # noqa: FBT001 - private
        now, ticks = self.clock.now(), self.monotonic()
        if self._last.at is not None and not even_if_moved:
            jump = now - self._last.at - timedelta(seconds=ticks - self._last.monotonic)
            if abs(jump) > MAX_JUMP:
                raise ClockMoved(
                    f"The clock jumped by {jump}. Nothing was removed; set it right, or restart "
                    "the server if it is right now."
                )
        self._last.at, self._last.monotonic = now, ticks

    async def _expire(self) -> int:
        count = 0
        while True:
            async with self.database.reading() as connection:
                over = await sweep_records.list_expired(connection, self.clock.now(), BATCH)
            ended = [upload for upload in over if await self.ending.expire(upload)]
            count += len(ended)
            if len(over) < BATCH or not ended:
                return count

    async def _remove_leftovers(self) -> int:
        count = 0
        while True:
            async with self.database.reading() as connection:
                left = await sweep_records.list_leftovers(connection, BATCH)
            removed = [upload for upload in left if await self._remove(upload)]
            count += len(removed)
            if len(left) < BATCH or not removed:
                return count

    async def _remove(self, upload: Upload) -> bool:
        try:
            await self.ending.remove_bytes(upload.id)
        except OSError as error:
            LOG.warning("upload %s: its files stay for now: %s", upload.id, error)
            return False
        return True

    async def _find_lost(self) -> int:
        """Move files without a row to `lost`; delete those that rested there long enough."""
        now = self.clock.now()
        files = await self.spool.run(_list_old, self.spool.folder, now - YOUNG)
        owners = {path: path.name.partition(".")[0] for path in files}
        kept = await self._find_owners(set(owners.values()))
        async with self.database.reading() as connection:
            groups = await concat_records.list_live_groups(connection)
        kept |= {Path(group).stem for group in groups}
        lost = [path for path, owner in owners.items() if owner not in kept]
        await self.spool.run(_set_aside, self.spool.folder, lost, now)
        return len(lost)

    async def _find_owners(self, names: Iterable[str]) -> set[str]:
        known = sorted(name for name in names if ids.is_id(Prefix.UPLOAD, name))
        kept: set[str] = set()
        for start in range(0, len(known), BATCH):
            async with self.database.reading() as connection:
                kept |= await records.list_spooled(connection, known[start : start + BATCH])
        return kept

    async def _forget(self) -> int:
        count, before = 0, self.clock.now() - KEEP_ROWS
        while True:
            async with self.database.transaction() as connection:
                gone = await sweep_records.delete_ended(connection, before, BATCH)
            count += gone
            if gone < BATCH:
                return count


def _list_old(folder: Path, before: datetime) -> list[Path]:
    """Return the files of the spool that were not touched since."""
    files = (path for path in folder.glob("*/*") if path.parent.name != LOST)
    return [path for path in files if _is_old(path, before)]


def _is_old(path: Path, before: datetime) -> bool:
    try:
        return path.is_file() and path.stat().st_mtime < before.timestamp()
    except FileNotFoundError:
        return False


def _set_aside(folder: Path, lost: Iterable[Path], now: datetime) -> None:
    place = folder / LOST
    place.mkdir(exist_ok=True, mode=0o700)
    for path in lost:
        if path.suffix == GROUP_FILE:  # only a name: each partial has its own
            path.unlink(missing_ok=True)
            continue
        with suppress(FileNotFoundError):  # its upload was released meanwhile
            target = path.replace(place / path.name)
            os.utime(target, (now.timestamp(), now.timestamp()))  # its rest begins now
    for path in place.iterdir():
        if _is_old(path, now - REST_IN_LOST):
            path.unlink(missing_ok=True)
