"""Space: how much of the disk uploads may still take.

Some of it is never theirs: the database lies there too, and a disk that is quite full loses more
than an upload. So every way to send stops before, with 507, and what was acknowledged stays.
"""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass, field
from typing import Final

from rushes.access.limits import NoSpace
from rushes.sections import UploadSettings
from rushes.uploads.spool import MIN_FREE_SHARE, Spool

LOOK_SECONDS: Final = 1.0
"""For how long an answer of the disk is good enough for an append."""

RETRY_SECONDS: Final = 30.0


@dataclass(slots=True)
class _Look:
    left: int = 0
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Space:
    """Asks the disk of the spool."""

    spool: Spool
    settings: UploadSettings
    _last: _Look = field(default_factory=_Look, repr=False)

    async def find_left(self) -> int:
        """Return how many bytes uploads may still take, by the disk as it is now; 0 is none."""
        usage = await self.spool.run(shutil.disk_usage, self.spool.folder)
        kept = min(self.settings.keep_free_bytes, int(usage.total * MIN_FREE_SHARE))
        self._last.left = usage.free - kept
        self._last.at = asyncio.get_running_loop().time()
        return self._last.left

    async def require(self, offset: int | None = None) -> None:
        """Return if bytes may be taken in; `offset` is what an upload has kept, for its sender.

        Raises:
            NoSpace: the disk is as full as it may get.
        """
        now = asyncio.get_running_loop().time()
        if self._last.at is None or now - self._last.at > LOOK_SECONDS:
            await self.find_left()
        if self._last.left <= 0:
            facts = {} if offset is None else {"offset": offset}
            raise NoSpace(
                "The disk is full. What was acknowledged is kept; go on once there is room.",
                retry_after=RETRY_SECONDS,
                **facts,
            )

    async def find_trouble(self) -> str | None:
        """Say what is wrong with the disk of the spool, or None."""
        try:
            left = await self.find_left()
        except OSError:
            return "The folder of the spool cannot be read."
        return None if left > 0 else "The disk is full: no upload is taken. Make room."
