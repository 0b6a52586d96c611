"""The edge in a bucket of a real radosgw and of a real Swift: filled, read, emptied, mended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from rushes.access.permit import SYSTEM
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.db.tables import placements
from rushes.delivery.sign import Grant, Scope
from rushes.stores.filesystem import open_folder
from rushes.stores.s3 import S3Store, open_s3
from rushes.tiers.doubts import AGAIN_SECONDS, DOUBTED_SECONDS, Doubts
from rushes.tiers.placement import NotWanted, OriginalRefused, Tier
from tests.support.filed import Filed
from tests.support.handing import Handing, layout_of
from tests.support.object_stores import ObjectServer
from tests.support.stored import FOUND

PROXY = b"proxy" * 300


@dataclass
class Watch:
    """A clock of a process that a test moves."""

    seconds: float = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.seconds


@pytest.fixture
async def bucket(object_server: ObjectServer) -> AsyncIterator[S3Store]:
    """A place of its own on radosgw and on Swift."""
    settings = object_server.settings()
    async with await open_s3("near", settings, FOUND[object_server.provider]) as opened:
        yield opened


@pytest.fixture
async def house(
    tmp_path: Path, database: Database, clock: Clock, bucket: S3Store
) -> AsyncIterator[Handing]:
    """A house whose edge is the bucket, and whose archive is a folder."""
    async with await open_folder(tmp_path / "archive") as archive:
        edge: Any = bucket
        yield Handing(tmp_path, database, clock, archive, edge, on_ingest=frozenset({"360p"}))


async def make(house: Handing, name: str) -> tuple[Filed, str]:
    """Make an asset with one quality, and keep it; return it and the quality's id."""
    filed = await house.files.asset(b"original")
    rendition_id = await house.files.rendition(
        filed, name, content=PROXY, layout=layout_of(name, PROXY)
    )
    await house.keep(rendition_id, PROXY)
    return filed, rendition_id


def address(house: Handing, filed: Filed, path: str) -> str:
    """Return an address of an asset, as a player has it."""
    ends = house.clock.now() + timedelta(hours=1)
    signed = house.signer.sign(Grant(filed.asset_id, Scope.PLAY, None, "acc_1", ends))
    return f"/p/{signed}/{path}"


async def play(house: Handing, address: str, wanted: str = "bytes=5-9") -> tuple[str, bytes]:
    """Read as a player does: from us, or from where we lead; return who gave it."""
    async with house.client() as client:
        given = await client.get(address, headers={"Range": wanted})
    if given.status_code != 302:
        return "us", given.content
    async with httpx.AsyncClient() as elsewhere:
        found = await elsewhere.get(given.headers["location"], headers={"Range": wanted})
    return ("bucket", found.content) if found.status_code == 206 else ("nobody", b"")


async def state_of(house: Handing, object_id: str) -> str:
    """Return the state of an object on the edge."""
    async with house.database.reading() as connection:
        where = (placements.c.object_id == object_id, placements.c.tier == "edge")
        return str(
            (await connection.execute(select(placements.c.state).where(*where))).scalar_one()
        )


@pytest.mark.covers("T-TI-01", "T-TI-02", "M-ST-01", "M-ST-03", "M-ST-06", "X-ST-01")
async def test_a_bucket_is_filled_read_and_emptied(house: Handing, bucket: S3Store) -> None:
    """Recalled from the archive, read past us, left after its grace; it plays all the time."""
    filed, high = await make(house, "1080p")
    where = address(house, filed, "1080p.mp4")
    cold = await play(house, where)
    await house.reads.flush()

    await house.recalling.fill(high)
    warm = await play(house, where)
    piece = await play(house, address(house, filed, "seg/1080p/000001.m4s"), "bytes=0-")
    async with house.database.transaction() as connection:  # it was read long ago
        await connection.execute(update(placements).values(last_access_at=None))
    marked = await house.by_hand.evict(SYSTEM, filed.asset_id)
    leaving = await play(house, where)
    gone = await house.evicting().finish_due()
    after = await play(house, where)

    part = PROXY[5:10]
    assert [("us", part), ("bucket", part), ("us", part), ("us", part)] == [
        cold,
        warm,
        leaving,
        after,
    ]
    assert ("us", PROXY[600:800]) == piece
    assert (1, 1, [], "absent") == (
        marked.objects,
        gone,
        await bucket.list_keys(),
        await state_of(house, high),
    )


@pytest.mark.covers("T-TI-08")
async def test_a_bucket_that_was_wiped_by_hand_stops_nobody(
    house: Handing, bucket: S3Store
) -> None:
    """The second try has the archive's copy; what is missed twice is lost, and comes back."""
    filed, low = await make(house, "360p")
    watch = Watch()
    doubts = Doubts(house.database, house.clock, bucket, house.recalling, watch)
    house.reads.doubts = doubts
    where = address(house, filed, "360p.mp4")
    [key] = await bucket.list_keys()
    await bucket.delete(key)

    first, second = await play(house, where), await play(house, where)
    other = await play(house, where, "bytes=10-14")
    await house.reads.flush()
    assert ["nobody", "us", "us"] == [who for who, _ in (first, second, other)]
    assert (PROXY[5:10], "present") == (second[1], await state_of(house, low))

    watch.seconds += DOUBTED_SECONDS
    async with house.database.transaction() as connection:  # ten minutes later
        ago = house.clock.now() - timedelta(minutes=10)
        await connection.execute(update(placements).values(missed_at=ago))
    await play(house, where)
    await play(house, where)
    await house.reads.flush()
    assert "lost" == await state_of(house, low)
    await house.recalling.fill(low)
    watch.seconds += DOUBTED_SECONDS

    assert ("bucket", PROXY[5:10]) == await play(house, where)


async def test_a_question_that_comes_twice_and_has_its_answer_is_led_there_again(
    house: Handing, bucket: S3Store
) -> None:
    """Two tabs are no trouble: the store is asked, and has it."""
    filed, low = await make(house, "360p")
    watch = Watch()
    house.reads.doubts = Doubts(house.database, house.clock, bucket, house.recalling, watch)
    where = address(house, filed, "360p.mp4")

    twice = [(await play(house, where))[0] for _ in range(2)]
    assert house.reads.doubts.is_doubted(low)
    await house.reads.flush()
    watch.seconds += AGAIN_SECONDS + 1

    assert (["bucket", "us"], "bucket") == (twice, (await play(house, where))[0])
    assert not house.reads.doubts.is_doubted(low)


async def test_two_visitors_of_one_address_are_no_doubt(house: Handing) -> None:
    """Each is led to the bucket; the same one, asking again, is not."""
    filed, low = await make(house, "360p")
    doubts = Doubts(house.database, house.clock, house.edge, house.recalling, Watch())
    house.reads.doubts = doubts
    where, app = address(house, filed, "360p.mp4"), house.app()

    async def ask(visitor: str) -> int:
        transport = httpx.ASGITransport(app=app, client=(visitor, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://rushes.test") as client:
            return (await client.get(where)).status_code

    apart = [await ask("192.0.2.1"), await ask("192.0.2.2")]
    assert ([302, 302], False) == (apart, doubts.is_doubted(low))
    assert (200, True) == (await ask("192.0.2.1"), doubts.is_doubted(low))


@pytest.mark.covers("T-TI-03")
async def test_no_way_leads_an_original_to_the_bucket(house: Handing, bucket: S3Store) -> None:
    """Kept, wished for, filled, asked by hand: the original stays in the archive."""
    filed = await house.files.asset(b"original")
    house.spool(filed, b"original")

    await house.keeper.keep_original(filed.content_id)
    house.reads.note(filed.content_id, Tier.ARCHIVE, 8)
    await house.reads.flush()
    await house.by_hand.recall(SYSTEM, filed.asset_id)
    wished = await house.recalling.want([filed.content_id], at_once=True)
    with pytest.raises((OriginalRefused, NotWanted)):
        await house.recalling.fill(filed.content_id)

    assert ([], []) == (list(wished), await bucket.list_keys())
