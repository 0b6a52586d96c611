"""Wishes for segments: who goes first, who loses a place, and what becomes of those who left."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.media.grid import plan_constant
from rushes.media.path import Path as PlaybackPath
from rushes.media.sound import plan_sound
from rushes.media.tracks import SOUND
from rushes.renditions import wish_records
from rushes.renditions.segments import find_shelf
from rushes.renditions.stream import Sound, Stream, Variant
from rushes.renditions.wish_records import AHEAD, FRESH, NOW, Lane, Place
from rushes.renditions.wishing import WAITING_OF_CONTENT, SegmentFailed, SegmentLate, Wishing
from tests.support.moments import Hands, until

GRID = plan_constant(Fraction(25), Fraction(200))
STREAM = Stream(
    PlaybackPath.JIT,
    "For a test.",
    GRID,
    (Variant("360p", 640, 360, "avc1.64001e", 1, 1, is_copied=False, is_offered=True),),
    (Sound(plan_sound(GRID), 2, is_copied=True),),
)
SECOND = timedelta(seconds=1)


async def wish(
    database: Database, clock: Clock, place: Place, *, urgency: int = NOW, is_light: bool = False
) -> None:
    async with database.transaction() as connection:
        now = clock.now()
        await wish_records.record_wish(
            connection, place, urgency=urgency, is_light=is_light, now=now
        )


async def positions(database: Database, clock: Clock, lane: Lane = Lane.PICTURE) -> list[int]:
    """Return the order in which wishes would be fulfilled."""
    async with database.reading() as connection:
        found = await wish_records.list_open(connection, lane, clock.now(), 50)
    return [each.place.position for each in found]


async def lanes(database: Database, clock: Clock) -> set[Lane]:
    """Return where there is something to do."""
    async with database.reading() as connection:
        return await wish_records.list_lanes(connection, clock.now())


async def urgencies(database: Database) -> dict[int, int]:
    """Return how urgent the wishes for segments 0 to 4 are, where there are any."""
    async with database.reading() as connection:
        found = [
            await wish_records.find_wish(connection, Place("cnt_1", "360p", position))
            for position in range(5)
        ]
    return {each.place.position: each.urgency for each in found if each is not None}


def a_place(position: int, name: str = "360p") -> Place:
    return Place("cnt_1", name, position)


async def test_who_waits_goes_before_who_will_and_the_first_before_the_second(
    database: Database, clock: Clock, hands: Hands
) -> None:
    """Who renews a wish keeps its place, and takes nobody else's."""
    await wish(database, clock, a_place(3), urgency=AHEAD)
    for position in (9, 5):
        hands.advance(SECOND)
        await wish(database, clock, a_place(position))
    hands.advance(SECOND)
    await wish(database, clock, a_place(9))

    assert [9, 5, 3] == await positions(database, clock)


async def test_a_wish_that_nobody_renews_is_urgent_no_more(
    database: Database, clock: Clock, hands: Hands
) -> None:
    """Who comes back to it has to wait like others."""
    await wish(database, clock, a_place(1))
    hands.advance(FRESH + SECOND)
    await wish(database, clock, a_place(2))
    stale = await positions(database, clock)
    await wish(database, clock, a_place(1))
    hands.advance(SECOND)

    assert [2, 1] == stale
    assert {1, 2} == set(await positions(database, clock))
    async with database.transaction() as connection:
        renewed = await wish_records.renew(connection, a_place(2), clock.now())
        assert await wish_records.renew(connection, a_place(7), clock.now()) is None
    assert renewed is not None
    assert renewed.is_awaited(clock.now())


async def test_what_costs_little_waits_for_no_picture(database: Database, clock: Clock) -> None:
    """Copies, sound and pictures have a lane each."""
    assert set() == await lanes(database, clock)
    await wish(database, clock, a_place(1))
    assert {Lane.PICTURE} == await lanes(database, clock)
    await wish(database, clock, a_place(2, SOUND))
    assert {Lane.PICTURE, Lane.SOUND} == await lanes(database, clock)
    await wish(database, clock, a_place(3, "1080p"), is_light=True)
    await wish(database, clock, a_place(4, SOUND), is_light=True)
    assert set(Lane) == await lanes(database, clock)

    assert [1] == await positions(database, clock, Lane.PICTURE)
    assert [2] == await positions(database, clock, Lane.SOUND)
    assert {3, 4} == set(await positions(database, clock, Lane.COPY))


@contextmanager
def viewing(wishing: Wishing, index: int, name: str = "360p") -> Iterator[asyncio.Task[Path]]:
    """Ask for a segment as a viewer does, and leave in the end."""
    task = asyncio.create_task(wishing.segment("cnt_1", STREAM, name, index))
    try:
        yield task
    finally:
        task.cancel()


async def await_urgencies(database: Database, expected: dict[int, int]) -> None:
    async def is_so() -> bool:
        return expected == await urgencies(database)

    await until(is_so, seconds=60, what=f"wishes like {expected}")


@pytest.mark.covers("M-PR-09")
async def test_the_last_viewer_who_leaves_ends_the_hurry(
    database: Database, clock: Clock, tmp_path: Path
) -> None:
    """As long as one of two waits, the segment is awaited; the next ones are made ahead."""
    wishing = Wishing(database, clock, tmp_path)
    hurry = {0: NOW, 1: AHEAD, 2: AHEAD, 3: AHEAD}
    with viewing(wishing, 0) as stays:
        with viewing(wishing, 0):
            await await_urgencies(database, hurry)
        await asyncio.sleep(0)
        assert not stays.done()
        assert hurry == await urgencies(database)

    await await_urgencies(database, hurry | {0: AHEAD})


async def test_a_segment_that_comes_is_given_to_all(
    database: Database, clock: Clock, tmp_path: Path
) -> None:
    """Also to one who came back after leaving."""
    wishing = Wishing(database, clock, tmp_path)
    shelf = find_shelf(tmp_path, "cnt_1", STREAM, "360p")
    with viewing(wishing, 2):
        await await_urgencies(database, {2: NOW, 3: AHEAD, 4: AHEAD})
    with viewing(wishing, 2) as one, viewing(wishing, 2) as other:
        await await_urgencies(database, {2: NOW, 3: AHEAD, 4: AHEAD})
        shelf.put_segment(2, b"pictures")

        assert (shelf.segment(2),) * 2 == tuple(await asyncio.gather(one, other))


async def test_a_wish_that_failed_is_told_with_its_reason(
    database: Database, clock: Clock, tmp_path: Path
) -> None:
    """And one that went without a file is asked for again."""
    wishing = Wishing(database, clock, tmp_path)
    with viewing(wishing, 0) as viewer:
        await await_urgencies(database, {0: NOW, 1: AHEAD, 2: AHEAD, 3: AHEAD})
        async with database.transaction() as connection:
            found = await wish_records.list_open(connection, Lane.PICTURE, clock.now(), 1)
            assert await wish_records.take(connection, found[0], clock.now(), clock.now() + SECOND)
            await wish_records.record_failed(connection, found[0], "media.broken", "It is broken.")
        with pytest.raises(SegmentFailed, match="It is broken"):
            await viewer
    with viewing(wishing, 4, SOUND) as viewer:

        async def is_wished() -> bool:
            return [4] == await positions(database, clock, Lane.COPY)

        await until(is_wished, seconds=60, what="a wish for sound")
        async with database.transaction() as connection:
            await wish_records.delete_wish(connection, a_place(4, SOUND))
        with pytest.raises(SegmentLate, match="elsewhere"):
            await viewer


async def test_nobody_crowds_out_others(database: Database, clock: Clock, tmp_path: Path) -> None:
    """One film has so many places in a process, and others have theirs."""
    wishing = Wishing(database, clock, tmp_path)
    waiting = [
        asyncio.create_task(wishing.segment("cnt_1", STREAM, "360p", index))
        for index in range(WAITING_OF_CONTENT + 1)
    ]
    done, rest = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in rest:
        task.cancel()

    assert [SegmentLate] == [type(task.exception()) for task in done]
    await asyncio.gather(*waiting, return_exceptions=True)
