"""Cron lines: minute, hour, day of the month, month and day of the week, in UTC.

Numbers, lists, ranges and steps (`*/6`, `1-5`, `0,30`), as crontab(5) of POSIX has them with the
steps of Vixie's cron; Sunday is 0 or 7. Where both kinds of day are named, either is enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

DAY: Final = timedelta(days=1)
FIELDS: Final = (
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day", 1, 31),
    ("month", 1, 12),
    ("week", 0, 7),
)
SEARCHED_DAYS: Final = 8 * 366
"""The 29th of February may be eight years away (1896 to 1904)."""


class BadCron(ValueError):
    """A line is no cron line."""


@dataclass(frozen=True, slots=True)
class Cron:
    """When something runs."""

    line: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    is_either_day: bool
    """Whether one kind of day is enough."""

    def last(self, at: datetime) -> datetime | None:
        """Return the last of its times that is not after `at`; None where there is none."""
        day = at.replace(hour=0, minute=0, second=0, microsecond=0)
        for back in range(SEARCHED_DAYS):
            here = day - back * DAY
            if self._is_day(here):
                times = [
                    here.replace(hour=hour, minute=minute)
                    for hour in self.hours
                    for minute in self.minutes
                ]
                past = [time for time in times if time <= at]
                if past:
                    return past[-1]
        return None

    def _is_day(self, day: datetime) -> bool:
        if day.month not in self.months:
            return False
        in_month, in_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return in_month or in_week if self.is_either_day else in_month and in_week


def parse_cron(line: str) -> Cron:
    """Return what a line says.

    Raises:
        BadCron: it says nothing, with what is wrong.
    """
    words = line.split()
    if len(words) != len(FIELDS):
        raise BadCron("five fields are needed: minute, hour, day, month, day of the week")
    found = [_parse_field(word, *field) for word, field in zip(words, FIELDS, strict=True)]
    minutes, hours, days, months, weekdays = found
    return Cron(
        line=" ".join(words),
        minutes=tuple(sorted(minutes)),
        hours=tuple(sorted(hours)),
        days=days,
        months=months,
        weekdays=frozenset(day % 7 for day in weekdays),
        is_either_day=not words[2].startswith("*") and not words[4].startswith("*"),
    )


def _parse_field(word: str, name: str, low: int, high: int) -> frozenset[int]:
    found: set[int] = set()
    for part in word.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        begin = low if span == "*" else _number(first, name, low, high)
        end = begin
        if span == "*" or (slash and not dash):
            end = high
        elif dash:
            end = _number(last, name, low, high)
        every = _number(step, name, 1, high) if slash else 1
        if end < begin or (dash and end == begin):  # the engine takes 5-5 for every one
            raise BadCron(f"{part} of the {name} ends before it begins, or where it does")
        found.update(range(begin, end + 1, every))
    return frozenset(found)


def _number(word: str, name: str, low: int, high: int) -> int:
    if not (word.isascii() and word.isdigit()) or not low <= int(word) <= high:
        raise BadCron(f"{word or 'nothing'} is no {name} from {low} to {high}")
    return int(word)
