"""Accounts: what tiers held between two looks, cut into days.

1. A look tells what is there, and what of it has come since the look before; what has gone is what
   is missing then. What came and went between two looks is not seen.
2. Between two looks bytes are taken to have grown or shrunk in a straight line, so that a change
   is wrong by half their distance at most, and by nothing on the average.
3. Only whole numbers are added up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple

from rushes.tiers.placement import Tier

DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)
SECOND: Final = timedelta(seconds=1)


class Slot(NamedTuple):
    """What is counted apart: a tier, a project (empty: none), and originals or what is not."""

    tier: Tier
    project_id: str
    is_original: bool


class Look(NamedTuple):
    """What is there now, and what of it has come since the last look.

    `writes` are the requests that brought it; `fetched` of it came from the archive.
    """

    objects: int = 0
    size_bytes: int = 0
    came: int = 0
    came_bytes: int = 0
    writes: int = 0
    fetched: int = 0
    fetched_bytes: int = 0


@dataclass(frozen=True, slots=True)
class DayPart:
    """What a day is to have more; `held_*` is how much there is at its end."""

    day: date
    slot: Slot
    held_objects: int
    held_bytes: int
    byte_hours: int = 0
    came: int = 0
    came_bytes: int = 0
    gone: int = 0
    gone_bytes: int = 0
    writes: int = 0
    fetched: int = 0
    fetched_bytes: int = 0


def account(
    before: Mapping[Slot, tuple[int, int]],
    now: Mapping[Slot, Look],
    since: datetime | None,
    until: datetime,
) -> list[DayPart]:
    """Return what days are to have more, from one look to the next.

    Args:
        before: objects and bytes at the look before.
        now: what this look saw.
        since: when the look before was; None where this is the first, which counts no movement.
        until: when this look was.
    """
    if since is None:
        day = until.date()
        return [DayPart(day, slot, look.objects, look.size_bytes) for slot, look in now.items()]
    parts: list[DayPart] = []
    for slot in sorted({*before, *now}):
        parts += _account(slot, before.get(slot, (0, 0)), now.get(slot, Look()), (since, until))
    return parts


def _account(
    slot: Slot, before: tuple[int, int], look: Look, times: tuple[datetime, datetime]
) -> Iterator[DayPart]:
    since, until = times
    objects, size_bytes = before
    slope, span = look.size_bytes - size_bytes, max((until - since) // SECOND, 1)

    def held(at: datetime) -> int:
        return size_bytes + slope * ((at - since) // SECOND) // span

    for begin, end in _days(since, until):
        hours = (held(begin) + held(end)) * ((end - begin) // SECOND) // (2 * 3600)
        if begin.date() != until.date():
            yield DayPart(begin.date(), slot, objects, held(end), hours)
            continue
        yield DayPart(
            day=begin.date(),
            slot=slot,
            held_objects=look.objects,
            held_bytes=look.size_bytes,
            byte_hours=hours,
            came=look.came,
            came_bytes=look.came_bytes,
            gone=max(objects + look.came - look.objects, 0),
            gone_bytes=max(size_bytes + look.came_bytes - look.size_bytes, 0),
            writes=look.writes,
            fetched=look.fetched,
            fetched_bytes=look.fetched_bytes,
        )


def _days(since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the pieces of a span by day; the last one may be empty."""
    begin = since
    while begin.date() < until.date():
        end = datetime.combine(begin.date() + DAY, time(), UTC)
        yield begin, end
        begin = end
    yield begin, until
