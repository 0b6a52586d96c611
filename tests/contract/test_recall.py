"""What is read and not on the edge comes there: once, however many ask, and nobody waits for it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from rushes.clock import Clock
from rushes.db.tables import events, placements
from rushes.db.vault_tables import read_counts
from rushes.delivery.sign import Grant, Scope
from rushes.errors import RushesError
from rushes.events.event import EventType
from rushes.stores.store import Unreachable
from rushes.tiers.doubts import Doubts
from rushes.tiers.placement import NotWanted, State, Tier
from rushes.tiers.reads import Reads
from rushes.tiers.recall import Recalling
from tests.support.filed import Filed
from tests.support.handing import Handing, layout_of

PROXY = b"proxy" * 300
LOW = frozenset({"360p"})


@pytest.fixture
async def cold(handing: Handing) -> tuple[Handing, Filed, str]:
    """An asset whose 1080p lies in the archive alone, as it did not belong on the edge."""
    handing.on_ingest = LOW
    filed = await handing.files.asset(b"original")
    rendition_id = await handing.files.rendition(
        filed, "1080p", content=PROXY, layout=layout_of("1080p", PROXY)
    )
    await handing.keep(rendition_id, PROXY)
    return handing, filed, rendition_id


async def state_of(handing: Handing, object_id: str, tier: str = "edge") -> str:
    """Return the state of an object on a tier."""
    async with handing.database.reading() as connection:
        where = (placements.c.object_id == object_id, placements.c.tier == tier)
        found = await connection.execute(select(placements.c.state).where(*where))
        return str(found.scalar_one())


async def row_of(handing: Handing, object_id: str) -> Any:
    """Return the row of an object on the edge."""
    async with handing.database.reading() as connection:
        where = (placements.c.object_id == object_id, placements.c.tier == "edge")
        return (await connection.execute(select(placements).where(*where))).one()


async def told(handing: Handing, what: EventType) -> list[str]:
    """Return the subjects of the events of a type."""
    async with handing.database.reading() as connection:
        query = select(events.c.subject).where(events.c.type == what.value)
        return list((await connection.execute(query.order_by(events.c.seq))).scalars())


async def change(handing: Handing, object_id: str, **values: object) -> None:
    """Change the row of an object on the edge."""
    async with handing.database.transaction() as connection:
        where = (placements.c.object_id == object_id, placements.c.tier == "edge")
        await connection.execute(update(placements).where(*where).values(**values))


def address(handing: Handing, filed: Filed, name: str = "1080p.mp4") -> str:
    """Return the address of a file of an asset, as a player has it."""
    ends = handing.clock.now() + timedelta(hours=1)
    signed = handing.signer.sign(Grant(filed.asset_id, Scope.PLAY, None, "acc_1", ends))
    return f"/p/{signed}/{name}"


@pytest.mark.covers("CF-04", "T-TI-01", "T-TI-04")
async def test_what_is_not_for_the_edge_lies_in_the_archive_alone(
    cold: tuple[Handing, Filed, str],
) -> None:
    """Its row on the edge is there, and says so; the low quality goes to both."""
    handing, filed, high = cold
    low = await handing.files.rendition(filed, "360p", content=PROXY)

    await handing.keep(low, PROXY)

    assert "absent" == await state_of(handing, high)
    assert "present" == await state_of(handing, high, "archive")
    assert "present" == await state_of(handing, low)
    assert [f"proxies/{filed.asset_id}/360p.mp4"] == await handing.edge.list_keys()


@pytest.mark.covers("M-ST-03", "M-ST-04", "T-TI-02", "BG-64")
async def test_a_cold_quality_plays_at_once_and_comes_to_the_edge(
    cold: tuple[Handing, Filed, str],
) -> None:
    """The reader has the archive's bytes; then the edge has them, and answers."""
    handing, filed, high = cold
    async with handing.client() as client:
        first = await client.get(address(handing, filed))
    await handing.reads.flush()
    asked = await told(handing, EventType.PLACEMENT_WISHED)

    await handing.recalling.fill(high)

    assert (200, PROXY) == (first.status_code, first.content)
    assert [high] == asked
    assert "present" == await state_of(handing, high)
    assert [high] == await told(handing, EventType.PLACEMENT_RECALLED)
    copy = await handing.locator.open_copy(high)
    assert Tier.EDGE is copy.tier


@pytest.mark.covers("BG-64")
async def test_a_thousand_readers_of_many_processes_wish_once(
    cold: tuple[Handing, Filed, str],
) -> None:
    """The row is the single flight: one event, and so one job, however many ask."""
    handing, _, high = cold
    processes = [Reads(handing.database, handing.clock, handing.recalling) for _ in range(4)]
    for process in processes:
        for _ in range(250):
            process.note(high, Tier.ARCHIVE, 1_000)

    await asyncio.gather(*(process.flush() for process in processes))
    for process in processes:
        process.note(high, Tier.ARCHIVE, 1_000)
        await process.flush()

    assert [high] == await told(handing, EventType.PLACEMENT_WISHED)
    async with handing.database.reading() as connection:
        counted = (await connection.execute(select(read_counts))).one()
    assert (high, "archive", 1_004, 1_004_000) == (
        counted.object_id,
        counted.tier,
        counted.reads,
        counted.bytes,
    )


async def test_a_fill_that_fails_waits_longer_each_time(cold: tuple[Handing, Filed, str]) -> None:
    """The archive goes on answering; a person may ask for it at once."""
    handing, _, high = cold

    async def away(_object_id: str, *, but: Tier) -> Path:  # noqa: ARG001 - as the real one
        raise Unreachable("The archive is away.")

    failing = replace(handing.recalling, source=away)
    pauses = []
    for _ in range(8):
        assert 1 == len(await failing.want([high], at_once=True))
        with pytest.raises(Unreachable):
            await failing.fill(high)
        await failing.postpone(high)
        row = await row_of(handing, high)
        pauses.append(round((row.next_try_at - handing.clock.now()) / timedelta(minutes=1)))

    assert [1, 2, 4, 8, 16, 32, 60, 60] == pauses
    row = await row_of(handing, high)
    assert ("absent", "store.unreachable: The archive is away.") == (row.state, row.error)
    assert [] == await handing.recalling.want([high])
    assert 1 == len(await handing.recalling.want([high], at_once=True))
    await handing.recalling.fill(high)
    assert "present" == await state_of(handing, high)


async def test_a_wish_that_nobody_carried_out_is_made_again(
    cold: tuple[Handing, Filed, str],
) -> None:
    """Its job may have been cancelled."""
    handing, _, high = cold
    await handing.recalling.want([high])

    await change(handing, high, wished_at=handing.clock.now() - timedelta(minutes=11))

    [again] = await handing.recalling.want([high])
    assert 3 == again.generation


async def test_what_is_gone_or_there_is_not_wished_for(cold: tuple[Handing, Filed, str]) -> None:
    """Neither an unknown object nor one that is present."""
    handing, _, high = cold
    await handing.recalling.want([high])
    await handing.recalling.fill(high)

    assert [] == await handing.recalling.want([high, "rnd_unknown"], at_once=True)
    with pytest.raises(NotWanted):
        await handing.recalling.fill("rnd_unknown")


async def test_a_rendition_without_a_row_gets_one(cold: tuple[Handing, Filed, str]) -> None:
    """What was kept before there was a choice, or imported, is wished for as well."""
    handing, filed, _ = cold
    other = await handing.files.rendition(filed, "720p", content=PROXY)

    [wish] = await handing.recalling.want([other])

    assert (other, len(PROXY)) == (wish.object_id, wish.size_bytes)
    assert "absent" == await state_of(handing, other)


@pytest.mark.covers("T-TI-08")
async def test_an_edge_that_was_wiped_by_hand_stops_nobody(
    cold: tuple[Handing, Filed, str],
) -> None:
    """The archive answers for it."""
    handing, filed, high = cold
    await handing.recalling.fill(high)
    [key] = await handing.edge.list_keys()

    await handing.edge.delete(key)

    async with handing.client() as client:
        given = await client.get(address(handing, filed), headers={"Range": "bytes=5-9"})
    assert (206, PROXY[5:10]) == (given.status_code, given.content)


@pytest.mark.covers("BG-60", "T-LI-04", "M-PB-25")
async def test_what_is_read_is_counted_behind_the_answer(
    cold: tuple[Handing, Filed, str],
) -> None:
    """By object, tier and day, with the bytes that were asked for; HEAD counts for nothing."""
    handing, filed, high = cold
    await handing.recalling.fill(high)
    async with handing.client() as client:
        for wanted in ("bytes=0-99", "bytes=100-149"):
            await client.get(address(handing, filed), headers={"Range": wanted})
        await client.head(address(handing, filed))

    await handing.reads.flush()

    async with handing.database.reading() as connection:
        [counted] = (await connection.execute(select(read_counts))).all()
        row = await connection.execute(select(placements.c.last_access_at))
        moments = set(row.scalars())
    assert (high, "edge", 2, 150) == (
        counted.object_id,
        counted.tier,
        counted.reads,
        counted.bytes,
    )
    assert {handing.clock.now()} == moments


async def test_a_database_that_is_away_is_told_later(cold: tuple[Handing, Filed, str]) -> None:
    """Nothing that was counted is lost, and the wish is made then."""
    handing, _, high = cold

    class Away(Recalling):
        async def want(self, *_given: object, **_more: object) -> list[object]:  # type: ignore[override]
            raise Unreachable("The database is away.")

    known = handing.recalling
    reads = handing.reads
    reads.recalling = Away(known.database, known.clock, known.keeper, known.source)
    reads.note(high, Tier.ARCHIVE, 7)
    with pytest.raises(RushesError):
        await reads.flush()

    reads.recalling = known
    await reads.flush()

    assert [high] == await told(handing, EventType.PLACEMENT_WISHED)
    async with handing.database.reading() as connection:
        counted = (await connection.execute(select(read_counts.c.reads))).scalars().all()
    assert [1] == counted


@pytest.mark.covers("BG-60")
async def test_what_is_counted_last_is_written_down_at_the_end(
    cold: tuple[Handing, Filed, str], clock: Clock
) -> None:
    """A server that ends loses no count."""
    handing, _, high = cold
    reads = Reads(handing.database, clock, handing.recalling)

    async with reads.counting():
        reads.note(high, Tier.EDGE, 9)

    async with handing.database.reading() as connection:
        counted = (await connection.execute(select(read_counts.c.bytes))).scalars().all()
    assert [9] == counted


async def test_the_states_that_a_wish_leaves_alone(cold: tuple[Handing, Filed, str]) -> None:
    """What is copied, leaves, or is there, needs none."""
    handing, _, high = cold
    for state in (State.COPYING, State.EVICTING, State.PRESENT):
        await change(handing, high, state=state.value)
        assert [] == await handing.recalling.want([high], at_once=True)
    await change(handing, high, state=State.LOST.value)
    assert 1 == len(await handing.recalling.want([high], at_once=True))


@pytest.mark.covers("T-TI-08")
async def test_what_is_found_again_was_never_missed(cold: tuple[Handing, Filed, str]) -> None:
    """Its next miss is a first one: two misses with a find between them lose nothing."""
    handing, _, high = cold
    await handing.recalling.fill(high)
    doubts = Doubts(handing.database, handing.clock, handing.edge, handing.recalling)
    ago = handing.clock.now() - timedelta(minutes=20)
    await change(handing, high, missed_at=ago)

    doubts.doubt(high)
    lost = await doubts.look()

    assert ([], None) == (lost, (await row_of(handing, high)).missed_at)
    await handing.edge.delete((await row_of(handing, high)).key)
    doubts.doubt(high)
    assert ([], "present") == (await doubts.look(), await state_of(handing, high))
    assert handing.clock.now() == (await row_of(handing, high)).missed_at


async def test_a_doubt_outlasts_a_database_that_is_away(cold: tuple[Handing, Filed, str]) -> None:
    """The store is asked when it is back."""
    handing, _, high = cold
    await handing.recalling.fill(high)
    await handing.edge.delete((await row_of(handing, high)).key)
    known = handing.database
    doubts = Doubts(known, handing.clock, handing.edge, handing.recalling)
    doubts.doubt(high)

    class Away:
        def reading(self) -> None:
            raise Unreachable("The database is away.")

    doubts.database = Away()  # type: ignore[assignment]
    with pytest.raises(Unreachable):
        await doubts.look()
    doubts.database = known
    await doubts.look()

    assert handing.clock.now() == (await row_of(handing, high)).missed_at
