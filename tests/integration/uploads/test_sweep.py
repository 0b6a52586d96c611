"""The sweep ends what is over, and never deletes what it does not know."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from rushes.clock import Clock
from rushes.db.tables import events, links, uploads
from rushes.events.event import EventType
from rushes.uploads import records
from rushes.uploads.sweep import ClockMoved, Swept
from rushes.uploads.upload import State, UploadMissing
from tests.support.moments import Hands
from tests.support.receiving import Receiving, Sender, receiving

TEN = b"0123456789"
DAY = timedelta(days=1)


@pytest.fixture
async def house(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Receiving]:
    """A server whose clock the test moves."""
    async with receiving(database_url, tmp_path / "house", clock) as running:
        yield running


@pytest.fixture
async def sender(house: Receiving) -> Sender:
    """Somebody with an upload link."""
    return await house.sender()


def id_of(url: str) -> str:
    return url.rpartition("/")[2]


def files(house: Receiving) -> list[str]:
    return sorted(path.name for path in house.parts.spool.folder.rglob("*") if path.is_file())


@pytest.mark.covers("X-UP-06", "BG-13", "S-UP-04")
async def test_an_upload_expires_so_long_after_its_last_byte(
    house: Receiving, sender: Sender, hands: Hands
) -> None:
    """A week for links, counted from the last byte; then row, quota and event, then the file."""
    url = await sender.begin(20)
    hands.advance(timedelta(days=6))
    await sender.append(url, 0, TEN)

    hands.advance(timedelta(days=6, hours=23))
    early = await house.parts.sweep.run(even_if_clock_moved=True)
    hands.advance(timedelta(hours=1))
    late = await house.parts.sweep.run(even_if_clock_moved=True)

    assert Swept(0, 0, 0, 0) == early
    assert Swept(1, 1, 0, 0) == late
    upload = await house.parts.upload(id_of(url))
    assert (State.EXPIRED, False) == (upload.state, upload.is_spooled)
    assert [] == files(house)
    assert 410 == (await sender.head(url)).status_code
    async with house.parts.database.reading() as connection:
        used = (await connection.execute(select(links.c.used_bytes, links.c.used_files))).one()
        told = set((await connection.execute(select(events.c.type))).scalars())
    assert (0, 0) == tuple(used)
    assert EventType.UPLOAD_EXPIRED in told


async def test_completed_uploads_do_not_expire(
    house: Receiving, sender: Sender, hands: Hands
) -> None:
    """Whoever has sent everything waits for the gate, however long that takes."""
    url = await sender.begin(10)
    await sender.append(url, 0, TEN)
    hands.advance(400 * DAY)

    swept = await house.parts.sweep.run(even_if_clock_moved=True)

    assert Swept(0, 0, 0, 0) == swept
    assert State.COMPLETED is (await house.parts.upload(id_of(url))).state
    assert [f"{id_of(url)}.0"] == files(house)


async def test_rows_of_ended_uploads_are_kept_for_a_month(
    house: Receiving, sender: Sender, hands: Hands
) -> None:
    """So that their addresses answer 410, then 404."""
    url = await sender.begin(10)
    hands.advance(7 * DAY)
    await house.parts.sweep.run(even_if_clock_moved=True)

    hands.advance(30 * DAY)
    kept = await house.parts.sweep.run(even_if_clock_moved=True)
    hands.advance(timedelta(seconds=1))
    gone = await house.parts.sweep.run(even_if_clock_moved=True)

    assert (0, 1) == (kept.forgotten, gone.forgotten)
    with pytest.raises(UploadMissing):
        await house.parts.upload(id_of(url))


async def test_what_a_crash_left_is_removed(house: Receiving, sender: Sender) -> None:
    """The row was ended, the process died before the file went."""
    url = await sender.begin(10)
    async with house.parts.database.transaction() as connection:
        upload = await records.get_upload(connection, id_of(url))
        await records.mark_cancelled(connection, upload, "cancelled", house.parts.clock.now())

    swept = await house.parts.sweep.run()

    assert 1 == swept.removed
    assert [] == files(house)


async def test_a_file_without_a_row_rests_in_lost_for_a_week(
    house: Receiving, sender: Sender, hands: Hands
) -> None:
    """A young one may still get its row; a known one is left alone."""
    url = await sender.begin(10)
    spool = house.parts.spool
    known = spool.folder / url[-2:] / f"{id_of(url)}.0"
    (spool.folder / "zz").mkdir()
    old, young = spool.folder / "zz" / "stray.bin", spool.folder / "zz" / "young.bin"
    for path, age in ((known, 5 * DAY), (old, 5 * DAY), (young, timedelta(minutes=59))):
        path.touch()
        when = (hands.now - age).timestamp()
        os.utime(path, (when, when))

    swept = await house.parts.sweep.run()
    aside = (spool.folder / "lost" / "stray.bin").exists()
    hands.advance(timedelta(days=6))
    await house.parts.sweep.run(even_if_clock_moved=True)
    resting = (spool.folder / "lost" / "stray.bin").exists()
    hands.advance(timedelta(days=2))
    await house.parts.sweep.run(even_if_clock_moved=True)

    assert (1, True, True) == (swept.lost, aside, resting)
    assert not (spool.folder / "lost" / "stray.bin").exists()
    assert not known.exists()  # its upload expired


async def test_a_clock_that_jumped_ends_nothing(
    house: Receiving, sender: Sender, hands: Hands
) -> None:
    """Forward or back by more than a day while no such time went by."""
    ticks = [100.0]
    sweep = replace(house.parts.sweep, monotonic=lambda: ticks[0])
    await sender.begin(10)
    await sweep.run()

    hands.advance(10 * DAY)
    with pytest.raises(ClockMoved):
        await sweep.run()
    ticks[0] += (10 * DAY).total_seconds()
    swept = await sweep.run()

    assert 1 == swept.expired


async def test_a_byte_that_comes_in_time_saves_an_upload(
    house: Receiving, sender: Sender, hands: Hands
) -> None:
    """The sweep has read its row; the commit was faster."""
    url = await sender.begin(20)
    hands.advance(7 * DAY)
    before = await house.parts.upload(id_of(url))
    await sender.append(url, 0, TEN)

    expired = await house.parts.ending.expire(before)

    assert not expired
    assert State.RECEIVING is (await house.parts.upload(id_of(url))).state


async def test_one_that_is_expired_takes_no_byte_any_more(
    house: Receiving, sender: Sender, hands: Hands
) -> None:
    """Also if its writer does not know yet."""
    url = await sender.begin(20)
    async with house.parts.database.transaction() as connection:
        await connection.execute(update(uploads).values(expires_at=hands.now))

    await house.parts.sweep.run()

    assert 410 == (await sender.append(url, 0, TEN)).status_code
