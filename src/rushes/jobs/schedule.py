"""The table of times: what runs by itself, in workers, with no web process in reach.

`[schedules]` says when; all times are UTC. A missed time runs once, late: `find_missed` says so at
the start of a worker.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rushes.cron import parse_cron
from rushes.jobs.job import Queue
from rushes.schedule_section import OFF, ScheduleSettings

DONE_KEPT: Final = timedelta(days=30)
FAILED_KEPT: Final = timedelta(days=90)
"""How long the engine keeps what it knows of ended work; events stay for ever."""

LATE: Final = timedelta(minutes=1)
SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Time:
    """What runs by itself, the name of the setting that says when, and where it waits.

    `Queue.UPKEEP` does one thing at a time, and a check of every byte may take it days: what is
    short and cannot wait stands in another one.
    """

    workflow: str
    setting: str
    queue: Queue = Queue.UPKEEP

    def line(self, told: ScheduleSettings) -> str | None:
        """Return the cron line; None where it is switched off."""
        line: str = getattr(told, self.setting)
        return None if line == OFF else line


EXPIRE_UPLOADS: Final = Time("expire_uploads", "sweep")
PURGE: Final = Time("purge", "purge")
RETAIN: Final = Time("retain", "retain")
CHECK_TIERS: Final = Time("check_tiers", "check")
KEEP_ACCOUNTS: Final = Time("keep_accounts", "accounts", Queue.TELL)
WARM: Final = Time("warm", "warm")
WATCH_TIERS: Final = Time("watch_tiers", "alarms", Queue.TELL)

IMPORT: Final = Time("import_objects", "imports")

TIMES: Final = (
    *(EXPIRE_UPLOADS, PURGE, RETAIN, CHECK_TIERS, KEEP_ACCOUNTS, WARM, WATCH_TIERS),
    IMPORT,
)


def with_seconds(line: str) -> str:
    """Return a cron line as the engine wants it, the seconds first."""
    return f"0 {line}"


def find_missed(line: str, last: str | None, now: datetime) -> datetime | None:
    """Return the last time that was missed since it ran, at `last` (ISO 8601).

    What never ran missed nothing; and a time is not missed within a minute of it. It is made up
    for under its own id, so that two workers run it once.
    """
    due = parse_cron(line).last(now - LATE)
    if last is None or due is None or datetime.fromisoformat(last) >= due:
        return None
    return due
