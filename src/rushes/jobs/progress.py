"""Progress of running jobs: at most two writes per second and job."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.jobs import records

PAUSE: Final = timedelta(seconds=0.5)
LEAST_STEP: Final = 0.01
"""Less than one per cent is not worth a write."""


@dataclass(frozen=True, slots=True)
class _Told:
    at: datetime
    stage: str
    progress: float


@dataclass(frozen=True, slots=True)
class Progress:
    """Writes how far jobs are, and leaves out what nobody could see."""

    database: Database
    clock: Clock
    _told: dict[str, _Told] = field(default_factory=dict)

    async def note(self, job_id: str, stage: str, progress: float) -> bool:
        """Write the stage and the progress from 0 to 1 of a job; say whether it was written."""
        now = self.clock.now()
        last = self._told.get(job_id)
        if last is not None and not _is_news(last, now, stage, progress):
            return False
        self._told[job_id] = _Told(now, stage, progress)
        async with self.database.transaction() as connection:
            await records.record_progress(connection, job_id, stage, progress, now)
        return True

    def forget(self, job_id: str) -> None:
        """Drop what is remembered of a job that ended."""
        self._told.pop(job_id, None)


def _is_news(last: _Told, now: datetime, stage: str, progress: float) -> bool:
    if now - last.at < PAUSE:
        return False
    return stage != last.stage or abs(progress - last.progress) >= LEAST_STEP
