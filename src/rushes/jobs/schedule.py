"""The table of times: what runs by itself, in workers, with no web process in reach.

A missed time runs once, late: `is_missed` says so at the start of a worker. All times are UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

DONE_KEPT: Final = timedelta(days=30)
FAILED_KEPT: Final = timedelta(days=90)
"""How long the engine keeps what it knows of ended work; events stay for ever."""


@dataclass(frozen=True, slots=True)
class Time:
    """When a workflow runs: a cron line with seconds first, and the longest gap it leaves."""

    workflow: str
    cron: str
    every: timedelta


EXPIRE_UPLOADS: Final = Time("expire_uploads", "0 */10 * * * *", timedelta(minutes=10))
PURGE: Final = Time("purge", "0 30 3 * * *", timedelta(days=1))

RETAIN: Final = Time("retain", "0 0 */6 * * *", timedelta(hours=6))

CHECK_TIERS: Final = Time("check_tiers", "0 0 1 * * *", timedelta(days=1))

TIMES: Final = (EXPIRE_UPLOADS, PURGE, RETAIN, CHECK_TIERS)


def is_missed(time: Time, last: datetime | None, now: datetime) -> bool:
    """Say whether the workflow should have run since `last`; one that never ran missed nothing."""
    return last is not None and now - last > time.every
