"""What nobody watches leaves the edge: never without the archive's copy, never under a viewer."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from rushes.access.permit import SYSTEM
from rushes.db.tables import events, placements
from rushes.db.vault_tables import retention_runs
from rushes.delivery.sign import Grant, Scope
from rushes.events.event import EventType
from rushes.library.asset import AssetNotFound
from rushes.renditions.rendition import Kind
from rushes.stores.store import NotFound, Unreachable
from rushes.tiers.by_hand import FOREVER, QualityUnknown
from rushes.tiers.placement import Tier
from rushes.tiers.rules import DAY, PRESETS, Preset
from tests.support.filed import Filed
from tests.support.handing import Handing, layout_of

PROXY = b"proxy" * 300
LONG = timedelta(hours=1)
RULES = replace(PRESETS[Preset.DEFAULT], keep_below_bytes=0, new_for=timedelta())


@pytest.fixture
async def warm(handing: Handing) -> tuple[Handing, Filed, str]:
    """An asset whose 1080p is on the edge and in the archive."""
    filed = await handing.files.asset(b"original")
    rendition_id = await make(handing, filed, "1080p")
    return handing, filed, rendition_id


async def make(handing: Handing, filed: Filed, name: str) -> str:
    """Make a quality and keep it on both tiers; return its id."""
    rendition_id = await handing.files.rendition(
        filed, name, content=PROXY, layout=layout_of(name, PROXY)
    )
    await handing.keep(rendition_id, PROXY)
    return rendition_id


async def row_of(handing: Handing, object_id: str, tier: str = "edge") -> Any:
    """Return the row of an object on a tier."""
    async with handing.database.reading() as connection:
        where = (placements.c.object_id == object_id, placements.c.tier == tier)
        return (await connection.execute(select(placements).where(*where))).one()


async def change(handing: Handing, object_id: str, tier: str = "edge", **values: object) -> None:
    """Change the row of an object on a tier."""
    async with handing.database.transaction() as connection:
        where = (placements.c.object_id == object_id, placements.c.tier == tier)
        await connection.execute(update(placements).where(*where).values(**values))


async def mark(handing: Handing, object_id: str) -> int:
    """Let an object leave; return how many were marked."""
    row = await row_of(handing, object_id)
    return (await handing.evicting().mark({row.id: "unread"})).objects


async def rest(handing: Handing, object_id: str) -> None:
    """Let the minute be over in which what has left is not filled again."""
    await change(handing, object_id, next_try_at=None)


async def age(handing: Handing, days: float) -> datetime:
    """Let everything on the edge have come so many days ago; return when."""
    then = handing.clock.now() - timedelta(days=days)
    async with handing.database.transaction() as connection:
        await connection.execute(update(placements).values(arrived_at=then, last_access_at=None))
    return then


def address(handing: Handing, filed: Filed) -> str:
    """Return the address of the 1080p of an asset, as a player has it."""
    ends = handing.clock.now() + timedelta(hours=1)
    signed = handing.signer.sign(Grant(filed.asset_id, Scope.PLAY, None, "acc_1", ends))
    return f"/p/{signed}/1080p.mp4"


async def told(handing: Handing, what: EventType) -> list[Any]:
    """Return the events of a type."""
    async with handing.database.reading() as connection:
        return list(await connection.execute(select(events).where(events.c.type == what.value)))


@pytest.mark.covers("M-ST-02", "M-ST-06", "T-LI-03", "T-LI-02", "W-10")
async def test_what_is_marked_leaves_after_its_grace(warm: tuple[Handing, Filed, str]) -> None:
    """Its object goes, its row says absent, one event says why; the archive still plays it."""
    handing, filed, high = warm
    assert 1 == await mark(handing, high)
    assert 0 == await handing.evicting(LONG).finish_due()
    assert "evicting" == (await row_of(handing, high)).state

    assert 1 == await handing.evicting().finish_due()

    assert [] == await handing.edge.list_keys()
    row = await row_of(handing, high)
    assert ("absent", None, None) == (row.state, row.leaving_at, row.arrived_at)
    [event] = await told(handing, EventType.PLACEMENT_EVICTED)
    assert (high, filed.asset_id, "unread") == (
        event.subject,
        event.asset_id,
        event.data["reason"],
    )
    async with handing.client() as client:
        assert PROXY == (await client.get(address(handing, filed))).content


@pytest.mark.covers("M-ST-06", "BG-60")
async def test_a_read_in_the_grace_brings_it_back(warm: tuple[Handing, Filed, str]) -> None:
    """The reader has the archive's copy; nothing is deleted, and the edge answers again."""
    handing, filed, high = warm
    await mark(handing, high)
    async with handing.client() as client:
        given = await client.get(address(handing, filed), headers={"Range": "bytes=0-9"})

    await handing.reads.flush()
    left = await handing.evicting().finish_due()

    assert (206, 0, "present") == (given.status_code, left, (await row_of(handing, high)).state)
    assert Tier.EDGE is (await handing.locator.open_copy(high)).tier
    assert [] == await told(handing, EventType.PLACEMENT_EVICTED)


async def test_a_read_that_was_counted_late_brings_it_back_too(
    warm: tuple[Handing, Filed, str],
) -> None:
    """The row knows of a read from before its deletion begins."""
    handing, _, high = warm
    await mark(handing, high)
    marked_at = (await row_of(handing, high)).leaving_at  # by the database's clock
    await change(handing, high, last_access_at=marked_at)

    assert 0 == await handing.evicting().finish_due()

    assert "present" == (await row_of(handing, high)).state


async def lose_row(handing: Handing, high: str) -> None:
    """The archive's row says that the object is lost."""
    await change(handing, high, "archive", state="lost")


async def lose_proof(handing: Handing, high: str) -> None:
    """Nobody has proved the archive's copy."""
    await change(handing, high, "archive", verified_at=None)


async def change_digest(handing: Handing, high: str) -> None:
    """The archive has other bytes, by its row."""
    await change(handing, high, "archive", digest=b"\0" * 32)


async def lose_object(handing: Handing, high: str) -> None:
    """The object is gone, and the row does not know."""
    await handing.archive.delete((await row_of(handing, high, "archive")).key)


async def cut_object(handing: Handing, high: str) -> None:
    """The object is another one now, and the row does not know."""
    path = handing.archive.path((await row_of(handing, high, "archive")).key)
    path.unlink()
    path.write_bytes(PROXY[:-1])


@pytest.mark.covers("M-ST-06", "T-LI-03")
@pytest.mark.parametrize("spoil", [lose_row, lose_proof, change_digest, lose_object, cut_object])
@pytest.mark.parametrize("is_marked_before", [True, False])
async def test_nothing_leaves_that_the_archive_may_not_have(
    warm: tuple[Handing, Filed, str], spoil: Any, *, is_marked_before: bool
) -> None:
    """By its rows when it is marked, and by rows and a look when it would go: it stays."""
    handing, _, high = warm
    if is_marked_before:
        await mark(handing, high)
    await spoil(handing, high)
    if not is_marked_before:
        await mark(handing, high)

    assert 0 == await handing.evicting().finish_due()

    assert "present" == (await row_of(handing, high)).state
    assert 1 == len(await handing.edge.list_keys())


async def test_the_archive_that_does_not_answer_keeps_the_edge(
    warm: tuple[Handing, Filed, str],
) -> None:
    """While it is away the edge's copy is the only one that can be read."""
    handing, _, high = warm
    await mark(handing, high)

    class Away:
        async def head(self, _key: str) -> None:
            raise Unreachable("The archive is away.")

    evicting = replace(handing.evicting(), archive=Away())  # type: ignore[arg-type]
    assert 0 == await evicting.finish_due()

    assert "present" == (await row_of(handing, high)).state


async def test_an_archive_and_an_edge_in_one_place_lose_nothing(
    warm: tuple[Handing, Filed, str],
) -> None:
    """Where both are one store, the copies are one object."""
    handing, _, high = warm
    await mark(handing, high)

    assert 0 == await replace(handing.evicting(), archive=handing.edge).finish_due()

    assert "present" == (await row_of(handing, high)).state


async def test_a_deletion_that_another_began_is_ended(warm: tuple[Handing, Filed, str]) -> None:
    """Its worker died: the object may be gone, so no read brings the row back before it is."""
    handing, _, high = warm
    await mark(handing, high)
    ago = handing.clock.now() - timedelta(minutes=5)
    await change(handing, high, lease_until=ago, leaving_at=ago)
    handing.reads.note(high, Tier.ARCHIVE, 1)
    await handing.reads.flush()
    assert "evicting" == (await row_of(handing, high)).state

    assert 1 == await handing.evicting().finish_due()

    assert "absent" == (await row_of(handing, high)).state
    assert [] == await handing.recalling.want([high], at_once=True)  # a late delete may come
    await rest(handing, high)
    assert 1 == len(await handing.recalling.want([high], at_once=True))


async def test_a_live_deletion_of_another_is_left_alone(warm: tuple[Handing, Filed, str]) -> None:
    """Two workers do not delete one object."""
    handing, _, high = warm
    await mark(handing, high)
    await change(handing, high, lease_until=datetime.now().astimezone() + timedelta(hours=9))

    assert 0 == await handing.evicting().finish_due()

    assert 1 == len(await handing.edge.list_keys())


async def test_an_edge_that_cannot_delete_is_asked_again(
    warm: tuple[Handing, Filed, str],
) -> None:
    """One trouble stops no other object, and the next round ends it."""
    handing, _, high = warm
    await mark(handing, high)

    class Stuck:
        async def delete(self, _key: str) -> None:
            raise Unreachable("The edge is away.")

    assert 0 == await replace(handing.evicting(), edge=Stuck()).finish_due()  # type: ignore[arg-type]
    row = await row_of(handing, high)
    assert ("evicting", False) == (row.state, row.lease_until is None)
    await change(handing, high, lease_until=row.leaving_at - timedelta(days=1))

    assert 1 == await handing.evicting().finish_due()


async def test_what_is_open_is_read_to_its_end(warm: tuple[Handing, Filed, str]) -> None:
    """A viewer whose file leaves the edge gets the rest of it."""
    handing, _, high = warm
    copy = await handing.locator.open_copy(high)
    await mark(handing, high)
    await handing.evicting().finish_due()

    file = getattr(copy, "file")  # noqa: B009 - an edge in a folder gives a file
    try:
        assert PROXY == os.pread(file, len(PROXY), 0)
    finally:
        os.close(file)


@pytest.mark.covers("M-ST-06", "T-LI-03", "BG-60")
async def test_players_notice_nothing_of_comings_and_goings(
    warm: tuple[Handing, Filed, str],
) -> None:
    """Three read while their file leaves the edge and comes back, with no grace at all."""
    handing, filed, high = warm
    where, is_over, read = address(handing, filed), asyncio.Event(), []

    async def watch(client: httpx.AsyncClient, at: int) -> None:
        while not is_over.is_set():
            given = await client.get(where, headers={"Range": f"bytes={at}-{at + 99}"})
            read.append((given.status_code, given.content == PROXY[at : at + 100]))

    async with handing.client() as client, asyncio.TaskGroup() as players:
        for number in range(3):
            players.create_task(watch(client, number * 100))
        for _ in range(4):
            assert 1 == await mark(handing, high)
            assert 1 == await handing.evicting().finish_due()
            await rest(handing, high)
            assert 1 == len(await handing.recalling.want([high], at_once=True))
            await handing.recalling.fill(high)
        is_over.set()

    assert {(206, True)} == set(read)


@pytest.mark.covers("CF-03", "T-LI-01", "M-JOB-06", "M-JOB-07")
async def test_the_rules_are_shown_first_and_wait_for_a_person(
    warm: tuple[Handing, Filed, str],
) -> None:
    """The first plan is nobody's yet: it waits, is said yes to, and is carried out."""
    handing, filed, high = warm
    low = await make(handing, filed, "360p")
    still = await handing.files.rendition(
        filed, "poster", content=PROXY, kind=Kind.STILL, file_name="poster.webp"
    )
    await handing.keep(still, PROXY)
    await age(handing, 8)
    retaining = handing.retaining(RULES)

    plan = await retaining.plan()
    unasked = await retaining.carry_out()
    refused = await retaining.carry_out(0, "acc_1")
    marked = await retaining.carry_out(1, "acc_1")

    assert (1, 3, ["first run", "many objects"]) == (
        plan.leaving.objects,
        plan.held.objects,
        [doubt.value for doubt in plan.doubts],
    )
    assert (0, 0, 1) == (unasked, refused, marked)
    states = [(await row_of(handing, each)).state for each in (high, low, still)]
    assert ["evicting", "present", "present"] == states
    async with handing.database.reading() as connection:
        query = select(retention_runs).order_by(retention_runs.c.created_at, retention_runs.c.id)
        runs = (await connection.execute(query)).all()
    assert {("replaced", 0, None), ("replaced", 0, "acc_1"), ("done", 1, "acc_1")} == {
        (run.state, run.marked, run.confirmed_by) for run in runs
    }
    assert {1} == {run.plan["objects"] for run in runs}


@pytest.mark.covers("T-LI-04", "BG-60")
async def test_what_is_watched_daily_is_never_planned(warm: tuple[Handing, Filed, str]) -> None:
    """A read of today outweighs an arrival of sixty days ago."""
    handing, _, high = warm
    await age(handing, 60)
    handing.reads.note(high, Tier.EDGE, 1)
    await handing.reads.flush()

    plan = await handing.retaining(RULES).plan()

    assert [] == plan.evict


async def test_what_was_read_after_the_plan_stays(warm: tuple[Handing, Filed, str]) -> None:
    """The plan is a moment old when it is carried out."""
    handing, _, high = warm
    row = await row_of(handing, high)
    handing.reads.note(high, Tier.EDGE, 1)
    await handing.reads.flush()

    marked = await handing.evicting().mark({row.id: "unread"}, read_within=DAY)

    assert 0 == marked.objects


@pytest.mark.covers("T-OR-05", "M-ST-18")
async def test_an_admin_pins_evicts_and_recalls_by_hand(warm: tuple[Handing, Filed, str]) -> None:
    """A pin outweighs rules and hands; without it the qualities go, and come back."""
    handing, filed, high = warm
    await age(handing, 400)
    by_hand = handing.by_hand

    pinned = await by_hand.pin(SYSTEM, filed.asset_id)
    kept = await by_hand.evict(SYSTEM, filed.asset_id)
    planned = await handing.retaining(RULES).plan()
    assert (1, 0, []) == (pinned, kept.objects, planned.evict)
    assert FOREVER == (await row_of(handing, high)).pinned_until

    await by_hand.pin(SYSTEM, filed.asset_id, is_pinned=False)
    evicted = await by_hand.evict(SYSTEM, filed.asset_id, "1080p")
    await handing.evicting().finish_due()
    await rest(handing, high)
    [wish] = await by_hand.recall(SYSTEM, filed.asset_id)
    await handing.recalling.fill(high)

    assert (1, len(PROXY), high) == (evicted.objects, evicted.size_bytes, wish.object_id)
    assert "present" == (await row_of(handing, high)).state
    assert 2 == len(await told(handing, EventType.PLACEMENT_PINNED))


@pytest.mark.covers("T-OR-05", "M-ST-18")
@pytest.mark.parametrize("deed", ["pin", "recall"])
async def test_what_was_to_leave_stays_when_a_hand_keeps_it(
    warm: tuple[Handing, Filed, str], deed: str
) -> None:
    """A pin, or a recall, within the grace: nothing is deleted, and nothing is copied."""
    handing, filed, high = warm
    await mark(handing, high)

    done = await getattr(handing.by_hand, deed)(SYSTEM, filed.asset_id)
    left = await handing.evicting().finish_due()

    assert {"pin": 1, "recall": []}[deed] == done
    assert (0, "present") == (left, (await row_of(handing, high)).state)
    assert 1 == len(await handing.edge.list_keys())


async def test_letting_go_of_a_pin_keeps_nothing(warm: tuple[Handing, Filed, str]) -> None:
    """What was to leave leaves; then nothing is there to be counted, and a pin waits for it."""
    handing, filed, high = warm
    await mark(handing, high)

    there = await handing.by_hand.pin(SYSTEM, filed.asset_id, is_pinned=False)
    left = await handing.evicting().finish_due()
    gone = await handing.by_hand.pin(SYSTEM, filed.asset_id)

    assert (1, 1, 0) == (there, left, gone)
    assert FOREVER == (await row_of(handing, high)).pinned_until


async def test_a_second_plan_in_the_grace_frees_nothing_more(
    warm: tuple[Handing, Filed, str],
) -> None:
    """A full edge: what leaves already has made the room, though its bytes are still there."""
    handing, filed, high = warm
    low = await make(handing, filed, "720p")
    await age(handing, 1)
    grace = timedelta(hours=1)
    rules = replace(RULES, cap_bytes=2 * len(PROXY), grace_when_full=grace, grace=grace)

    first = await handing.retaining(rules).plan()
    await handing.evicting().mark(dict(first.evict))
    second = await handing.retaining(rules).plan()

    assert (1, []) == (len(first.evict), second.evict)
    states = [(await row_of(handing, each)).state for each in (high, low)]
    assert ["evicting", "present"] == sorted(states)


async def test_what_is_not_there_is_told(warm: tuple[Handing, Filed, str]) -> None:
    """An unknown asset, and a quality that it does not have."""
    handing, filed, _ = warm

    with pytest.raises(AssetNotFound):
        await handing.by_hand.evict(SYSTEM, "ast_unknown")
    with pytest.raises(QualityUnknown):
        await handing.by_hand.recall(SYSTEM, filed.asset_id, "2160p")


async def test_what_was_removed_is_not_brought_back(warm: tuple[Handing, Filed, str]) -> None:
    """A content that nobody has leaves every tier, whoever reads it meanwhile."""
    handing, _, high = warm
    await change(handing, high, state="evicting")  # as a removal leaves it
    handing.reads.note(high, Tier.ARCHIVE, 1)

    await handing.reads.flush()

    assert "evicting" == (await row_of(handing, high)).state
    assert 0 == await handing.evicting().finish_due()
    with pytest.raises(NotFound):
        await handing.edge.head(str(Path("proxies/none")))
