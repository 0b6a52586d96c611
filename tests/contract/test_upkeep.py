"""What workers do for the tiers by themselves: warn, spare a spent budget, and warm the edge."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from rushes.access.permit import SYSTEM
from rushes.db.ledger_tables import tier_days
from rushes.db.tables import events, placements
from rushes.delivery.playback import Playback, Playing
from rushes.delivery.quality import Hints
from rushes.events.event import EventType
from rushes.sections import DeliverySettings, RetentionSettings
from rushes.stores.store import Unreachable
from rushes.tiers.alarms import Trouble
from rushes.tiers.budget import Budget
from rushes.tiers.demand import Why
from rushes.tiers.overview import Place
from rushes.tiers.placement import Tier
from rushes.tiers.prices import LISTS
from rushes.tiers.recall import Recalling
from rushes.tiers.upkeep import Upkeep, open_upkeep
from rushes.tiers.watching import Watching
from tests.support.filed import Filed
from tests.support.handing import Handing, layout_of
from tests.support.moments import NOON, Hands

PROXY = b"proxy" * 1000
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Kept:
    """An asset with two qualities; the smaller is on the edge, both are in the archive."""

    filed: Filed
    near: str
    far: str


def upkeep_of(handing: Handing, *, budget: int | None = None, limit: int | None = None) -> Upkeep:
    """Return what looks after a house."""
    places: Mapping[Tier, Place] = {
        Tier.EDGE: Place("r2", "s3", limit, LISTS["r2"]),
        Tier.ARCHIVE: Place("wasabi", "s3", None, LISTS["wasabi"]),
    }
    money = Budget(handing.database, handing.clock, budget)
    source = handing.locator.find_source
    recalling = Recalling(handing.database, handing.clock, handing.keeper, source, money)
    told = RetentionSettings(cap_bytes=limit)
    return open_upkeep(recalling, handing.evicting(), places, money, told)


@pytest.fixture
async def kept(handing: Handing) -> Kept:
    """A house that brings 360p to the edge as it is made."""
    handing.on_ingest = frozenset({"360p"})
    filed = await handing.files.asset(b"original")
    made = []
    for name in ("360p", "720p"):
        content = PROXY + name.encode()
        made.append(
            await handing.files.rendition(
                filed, name, content=content, layout=layout_of(name, content)
            )
        )
        await handing.keep(made[-1], content)
    return Kept(filed, *made)


async def spend(handing: Handing, size_bytes: int) -> None:
    """Let so many bytes have left the archive this month."""
    async with handing.database.transaction() as connection:
        await connection.execute(
            insert(tier_days).values(
                day=handing.clock.now().date(),
                tier="archive",
                project_id="",
                is_original=False,
                read_bytes=size_bytes,
            )
        )


def watching_rows(upkeep: Upkeep) -> Watching:
    """Return what watches all but the stores: their disk is that of whoever runs the tests."""
    return replace(upkeep.watching, stores={})


async def alerts(handing: Handing) -> list[dict[str, Any]]:
    """Return what was told, in order."""
    async with handing.database.reading() as connection:
        query = select(events.c.data).where(events.c.type == EventType.TIER_ALERT.value)
        return list((await connection.execute(query.order_by(events.c.seq))).scalars())


async def age(handing: Handing, days: int) -> None:
    """Let everything have arrived so many days ago."""
    then = handing.clock.now() - timedelta(days=days)
    async with handing.database.transaction() as connection:
        await connection.execute(update(placements).values(arrived_at=then, created_at=then))


@pytest.mark.covers("T-OB-03")
async def test_a_full_edge_is_told_once_and_when_it_is_over(
    handing: Handing, hands: Hands, kept: Kept
) -> None:
    """Ten looks in between tell nothing; it stays in the list, with its end."""
    assert kept.near
    full, roomy = upkeep_of(handing, limit=len(PROXY)), upkeep_of(handing, limit=10**9)

    for _ in range(3):
        assert 1 == await watching_rows(full).watch()
        hands.advance(timedelta(minutes=10))
    assert 0 == await watching_rows(roomy).watch()

    told = await alerts(handing)
    assert [("raised", "edge", "capacity", 95), ("cleared", "edge", "capacity", 95)] == [
        (each["state"], each["tier"], each["trouble"], each["level"]) for each in told
    ]
    assert told[1]["reason"].startswith("It is over: The edge holds")
    [alarm] = await roomy.watching.list_last(5)
    assert (Trouble.CAPACITY, NOON, NOON + HOUR / 2) == (
        alarm.trouble, alarm.raised_at, alarm.cleared_at
    )  # fmt: skip


@pytest.mark.covers("T-OB-03")
async def test_a_store_that_does_not_answer_is_told(
    handing: Handing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its own words."""

    async def away() -> None:
        raise Unreachable("The mount is away.")

    monkeypatch.setattr(type(handing.edge), "check", lambda _self: away())

    assert 2 == await upkeep_of(handing).watching.watch()

    assert [("archive", "store"), ("edge", "store")] == [
        (each["tier"], each["trouble"]) for each in await alerts(handing)
    ]
    assert "The mount is away." in (await alerts(handing))[0]["reason"]


@pytest.mark.covers("T-OB-03", "CF-23")
async def test_a_spent_budget_brings_nothing_to_the_edge_but_refuses_no_viewer(
    handing: Handing, kept: Kept
) -> None:
    """Players get the quality that is near; by hand everything is possible."""
    upkeep, money = upkeep_of(handing, budget=100), Budget(handing.database, handing.clock, 100)
    recalling = upkeep.warming.recalling
    playing = Playing(
        handing.database, handing.clock, handing.signer, DeliverySettings(), None, money
    )
    await spend(handing, 100)

    unasked = await recalling.want([kept.far])
    found = await playing.ask(SYSTEM, kept.filed.asset_id, "http://h", hints=Hints())
    by_hand = await recalling.want([kept.far], at_once=True)
    await watching_rows(upkeep).watch()

    assert () == unasked
    assert isinstance(found, Playback)
    assert ["360p"] == [rung.quality for rung in found.qualities]
    assert [kept.far] == [wish.object_id for wish in by_hand]
    assert [("archive", "egress", 100)] == [
        (each["tier"], each["trouble"], each["level"]) for each in await alerts(handing)
    ]


async def test_many_players_at_once_wait_for_no_second_connection(
    handing: Handing, kept: Kept
) -> None:
    """More of them than there are connections: each has one, and asks for the budget by it."""
    money = Budget(handing.database, handing.clock, 100)
    playing = Playing(
        handing.database, handing.clock, handing.signer, DeliverySettings(), None, money
    )
    await spend(handing, 100)

    found = await asyncio.gather(
        *(playing.ask(SYSTEM, kept.filed.asset_id, "http://h", hints=Hints()) for _ in range(60))
    )

    assert {"360p"} == {
        rung.quality for each in found if isinstance(each, Playback) for rung in each.qualities
    }


async def test_a_budget_that_is_not_spent_changes_nothing(handing: Handing, kept: Kept) -> None:
    """One byte below it."""
    money = Budget(handing.database, handing.clock, 100)
    playing = Playing(
        handing.database, handing.clock, handing.signer, DeliverySettings(), None, money
    )
    await spend(handing, 99)

    found = await playing.ask(SYSTEM, kept.filed.asset_id, "http://h", hints=Hints())

    assert isinstance(found, Playback)
    assert ["360p", "720p"] == [rung.quality for rung in found.qualities]


@pytest.mark.covers("M-ST-09", "M-JOB-04")
async def test_what_is_played_often_is_brought_before_anybody_asks(
    handing: Handing, kept: Kept
) -> None:
    """More than five plays in seven days; what is there is left alone."""
    await age(handing, 90)
    for _ in range(6):
        handing.reads.note(kept.near, Tier.EDGE, 10)
        handing.reads._counts[kept.far, Tier.ARCHIVE] = (6, 6, 60)  # noqa: SLF001 - no miss
    await handing.reads.flush()
    warming = upkeep_of(handing).warming

    assert [(kept.far, Why.POPULAR)] == await warming.choose()
    assert (1, 0) == (await warming.warm(), await warming.warm())


@pytest.mark.covers("M-ST-09")
async def test_what_is_ordered_comes_two_hours_before_and_is_forgotten_a_day_after(
    handing: Handing, hands: Hands, kept: Kept
) -> None:
    """Whatever was played."""
    await age(handing, 90)
    warming = upkeep_of(handing).warming
    ordered = await warming.order(SYSTEM, [kept.filed.asset_id], "720p", NOON + 24 * HOUR)

    early = await warming.choose()
    hands.advance(22 * HOUR)
    in_time = await warming.choose()
    hands.advance(timedelta(days=3))
    await warming.warm()

    assert (1, []) == (ordered, early)
    assert [(kept.far, Why.SCHEDULED)] == in_time
    assert [] == await warming.choose()


@pytest.mark.covers("M-ST-09", "M-ST-12")
async def test_warming_stops_before_the_cap(handing: Handing, kept: Kept) -> None:
    """At 90 % of it; and of the budget."""
    await age(handing, 90)
    warmer = upkeep_of(handing).warming
    await warmer.order(SYSTEM, [kept.filed.asset_id], None, NOON)
    size = len(PROXY) + 4

    narrow = upkeep_of(handing, limit=int(2 * size / 0.9) - 1).warming
    wide = upkeep_of(handing, limit=int(2 * size / 0.9) + 2).warming
    poor = upkeep_of(handing, budget=size).warming

    assert [[], 1, []] == [
        await narrow.choose(), len(await wide.choose()), await poor.choose()
    ]  # fmt: skip
