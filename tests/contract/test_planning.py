"""A plan that a database judges is the plan that the rules make of rows, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete

from rushes.db.engine import Database
from rushes.db.tables import renditions
from rushes.tiers.cutoffs import make_cutoffs
from rushes.tiers.placement import Tier
from rushes.tiers.retain import gather
from rushes.tiers.retention import Kept, Plan, Reason, Usage, plan
from rushes.tiers.rules import DAY, PRESETS, Kind, Preset, Rules
from tests.support.held import lay, make_held
from tests.support.moments import NOON

COUNT = 200
BY_ALL = replace(
    PRESETS[Preset.BY_TYPE],
    by_project={"prj_a": None, "prj_b": 20 * DAY},
    by_quality={"720p": 30 * DAY, "2160p": None},
    otherwise=None,
)
RULES = (
    *PRESETS.values(),
    BY_ALL,
    replace(BY_ALL, popular_plays=4, new_for=timedelta(), keep_below_bytes=0),
    Rules(3 * DAY),
    Rules(None, {Kind.VIDEO: DAY}, new_for=10 * DAY),
    Rules(None),
)
SHARES = (0.5, 0.96, 1.4)


async def judge(database: Database, rules: Rules, usage: Usage) -> Plan:
    """Return the plan as the database judges it."""
    async with database.reading() as connection:
        cutoffs = make_cutoffs(rules, usage.held_bytes, NOON)
        return await gather(connection, Tier.EDGE, cutoffs, usage)


@pytest.mark.covers("M-ST-10", "M-ST-12", "CF-03")
async def test_the_database_judges_as_the_rules_do(database: Database) -> None:
    """Whatever the rules, however full the tier: the same objects, counted the same."""
    rows = list(make_held(COUNT, NOON, seed=7))
    async with database.transaction() as connection:
        await lay(connection, rows, NOON)
    total = sum(row.size_bytes for row in rows)

    for number, rules in enumerate(RULES):
        capped = replace(rules, cap_bytes=int(total / SHARES[number % len(SHARES)]))
        usage = Usage(total, NOON - DAY)

        ours, theirs = plan(rows, capped, usage, NOON), await judge(database, capped, usage)
        assert sorted(ours.evict) == sorted(theirs.evict)
        assert [each for each in ours.evict if each[1] is Reason.OLDEST] == [
            each for each in theirs.evict if each[1] is Reason.OLDEST
        ]
        assert replace(ours, evict=[]) == replace(theirs, evict=[])


async def test_what_has_no_rendition_any_more_stays(database: Database) -> None:
    """It is counted; what it was, nobody can say."""
    rows = list(make_held(20, NOON, seed=8))
    async with database.transaction() as connection:
        await lay(connection, rows, NOON)
        await connection.execute(delete(renditions))

    found = await judge(database, Rules(timedelta(), cap_bytes=1), Usage(10**12, NOON))

    assert ([], 20) == (found.evict, found.held.objects)
    assert found.kept[Kept.ALWAYS] > 0


async def test_an_empty_tier_has_an_empty_plan(database: Database) -> None:
    """Nothing is held, and nothing goes."""
    found = await judge(database, PRESETS[Preset.DEFAULT], Usage(0, NOON))

    assert ([], 0, ()) == (found.evict, found.held.objects, found.doubts)
