"""The table `[schedules]` of the settings: when workers do by themselves what has to be done.

All times are UTC. They run in `rushes work` (and in `rushes run`), with no web process in reach.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator

from rushes.cron import BadCron, parse_cron
from rushes.sections import Section

OFF: Final = "off"
LATEST: Final = datetime(2096, 12, 31, 23, 59, tzinfo=UTC)
"""At the end of a leap year: what never was by then never comes."""


def _require_cron(line: str) -> str:
    """Return a line that says when, with single blanks."""
    try:
        found = parse_cron(line)
    except BadCron as wrong:
        raise ValueError(f"{wrong}, as in `0 */6 * * *`") from None
    if found.last(LATEST) is None:
        raise ValueError("no year has such a day")
    return found.line


def _require_cron_or_off(line: str) -> str:
    return line if line == OFF else _require_cron(line)


Cron: TypeAlias = Annotated[str, AfterValidator(_require_cron)]
CronOrOff: TypeAlias = Annotated[str, AfterValidator(_require_cron_or_off)]


class ScheduleSettings(Section):
    """Cron lines of five fields: minute, hour, day, month, day of the week (0 is Sunday), in UTC.

    `off` switches one off. A time at which no worker ran is made up for once, by the next one.
    """

    sweep: Cron = "*/10 * * * *"
    """Unfinished uploads that are over, leftovers, and removals that a crash cut off."""
    purge: Cron = "30 3 * * *"
    """What the engine knows of work that has ended, after 30 days (failed: 90)."""
    retain: CronOrOff = "0 */6 * * *"
    """What nobody watches leaves the edge, by `[retention]`."""
    warm: CronOrOff = "0 */2 * * *"
    """What is likely to be watched comes to the edge, and what was ordered for a time."""
    alarms: CronOrOff = "*/10 * * * *"
    """Whether tiers are well: stores, room, failures, the mount of the editors, the budget."""
    check: CronOrOff = "0 1 * * *"
    """Rows are compared with stores, bytes read again, and what is lost is mended."""
    imports: CronOrOff = "0 0 * * *"
    """What others put into the archive is taken in, where `tiers.import_daily` says so."""
    accounts: CronOrOff = "5 * * * *"
    """What tiers hold is accounted, for the ledger; a rarer one makes it coarser."""
    report: CronOrOff = "0 1 * * 0"
    """The report of the week goes out by mail."""
