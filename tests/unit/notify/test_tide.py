"""What moved is read on, however much of it moved in one moment."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from rushes.notify.live_records import LOT, OVERLAP, Moved, Tide
from tests.support.moments import NOON

if TYPE_CHECKING:
    from rushes.db.engine import Connection

NOTHING = cast("Connection", None)


def moved(number: int, at: datetime) -> Moved:
    """Return a job that moved."""
    return Moved("job.changed", f"job_{number}", at, None, {})


def tide_over(rows: list[Moved]) -> Tide:
    """Return what reads rows as the queries do: the oldest lot since a moment."""

    async def find(_: Connection, since: datetime) -> list[Moved]:
        return sorted((each for each in rows if each.at >= since), key=lambda each: each.at)[:LOT]

    return Tide(find, NOON - OVERLAP)


async def test_a_crowd_of_one_moment_holds_nothing_up() -> None:
    """More than one reading holds have one time; what moves after them is heard."""
    later = moved(LOT + 10, NOON + timedelta(seconds=1))
    tide = tide_over([*(moved(number, NOON) for number in range(LOT + 5)), later])

    heard = [await tide.read(NOTHING) for _ in range(4)]

    assert [LOT, 0, 1, 0] == [len(each) for each in heard]
    assert [later] == heard[2]


async def test_each_change_is_told_once() -> None:
    """Lots follow each other; a change that came late is told, what was told is not."""
    rows = [moved(number, NOON + timedelta(milliseconds=number)) for number in range(LOT + 5)]
    tide = tide_over(rows)

    first, second, third = [await tide.read(NOTHING) for _ in range(3)]
    rows.append(late := moved(LOT + 9, rows[-1].at - timedelta(milliseconds=2)))
    fourth = await tide.read(NOTHING)

    assert (rows[:LOT], rows[LOT:-1], []) == (first, second, third)
    assert [late] == fourth
