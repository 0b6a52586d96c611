"""The books: a batch accounts what tiers hold, hour by hour, and others ask what that cost.

    placements, reads ──one look an hour, in a worker──> days ──> the statement of a month

Who asks reads days alone; a million placements are looked at by the batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.tiers import account_records, records
from rushes.tiers.accounts import account
from rushes.tiers.overview import Place
from rushes.tiers.placement import Tier
from rushes.tiers.statement import (
    Moved,
    Statement,
    Trend,
    draw_trends,
    make_statement,
    move_by_month,
    next_month,
)

MOVED: Final = timedelta(days=366)
"""How far back movements are told."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """All that the books say: the month, movements by month, trends, names of projects."""

    statement: Statement
    movements: list[Moved]
    trends: list[Trend]
    names: Mapping[str, str]
    since: date | None
    """The first day that is accounted."""


@dataclass(frozen=True, slots=True)
class Books:
    """Keeps the accounts, and tells of them."""

    database: Database
    clock: Clock
    places: Mapping[Tier, Place]

    async def account(self) -> bool:
        """Look at what is there, and write down what that adds to each day.

        Returns False where another worker has done so meanwhile; nothing is counted twice.
        """
        async with self.database.reading() as connection:
            since = await account_records.find_mark(connection)
            until = (await records.read_clock(connection, self.clock.now())).replace(microsecond=0)
            if since is not None and until <= since:
                return False
            now = await account_records.look_around(connection, since or until, until)
            day = (since or until).date()
            before = await account_records.list_before(connection, day)
            reads = await account_records.sum_reads(connection, day)
        async with self.database.transaction() as connection:
            if not await account_records.move_mark(connection, since, until):
                return False
            await account_records.add_parts(connection, account(before, now, since, until))
            await account_records.write_reads(connection, day, reads)
        return True

    async def tell(self, month: date | None = None) -> Ledger:
        """Return the ledger of a month, by its first day; of this one if none is named."""
        today = self.clock.now().date()
        month = (month or today).replace(day=1)
        prices = {tier: place.price for tier, place in self.places.items()}
        async with self.database.reading() as connection:
            until = await account_records.find_mark(connection)
            sums = await account_records.sum_slots(connection, month, next_month(month))
            held = (
                {}
                if until is None
                else await account_records.list_before(connection, _last_day(month, until))
            )
            days = await account_records.list_days(connection, today - MOVED)
            return Ledger(
                statement=make_statement(month, until, sums, held, prices),
                movements=move_by_month(days),
                trends=draw_trends(days, prices),
                names=await account_records.list_names(connection),
                since=await account_records.find_first_day(connection),
            )


def _last_day(month: date, until: datetime) -> date:
    """Return the last day of a month that is accounted."""
    return min(until.date(), next_month(month) - timedelta(days=1))
