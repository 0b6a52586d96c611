"""The copier between folders and buckets of a real S3 server: proved, resumed, bounded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from rushes.clock import Clock, utc_now
from rushes.db.engine import Database, open_database
from rushes.db.movement_tables import movements, object_blocks
from rushes.db.tables import placements
from rushes.errors import RushesError
from rushes.stores.blocks import BLOCK_BYTES
from rushes.stores.store import Broken, NotFound, Unreachable
from rushes.tiers.flow import Flow
from rushes.tiers.leftovers import Leftovers
from rushes.tiers.placement import State, Tier
from rushes.tiers.sources import SourceWrong
from tests.support.copying import (
    FILM,
    Pair,
    blocks_read,
    bucket,
    is_read_of,
    open_pair,
    parts_sent,
    through,
)
from tests.support.lying_proxy import Lie, LyingProxy, Request, change_body, error
from tests.support.object_stores import ObjectServer
from tests.support.stored import read

PARTS = 4


@pytest.fixture
async def rows(sqlite_url: str) -> AsyncIterator[Database]:
    """A database."""
    database = open_database(sqlite_url)
    yield database
    await database.close()


@pytest.fixture
async def proxy(radosgw: ObjectServer) -> AsyncIterator[LyingProxy]:
    """A proxy before radosgw that tells the truth until it is given lies."""
    async with LyingProxy(radosgw.endpoint).serve() as serving:
        yield serving


async def state_of(pair: Pair, object_id: str, tier: str = "edge") -> str:
    async with pair.house.database.reading() as connection:
        mine = (placements.c.object_id == object_id, placements.c.tier == tier)
        return str((await connection.execute(select(placements.c.state).where(*mine))).scalar_one())


async def key_of(pair: Pair, object_id: str, tier: str) -> str:
    async with pair.house.database.reading() as connection:
        mine = (placements.c.object_id == object_id, placements.c.tier == tier)
        return str((await connection.execute(select(placements.c.key).where(*mine))).scalar_one())


async def count_rows(pair: Pair) -> int:
    async with pair.house.database.reading() as connection:
        return len((await connection.execute(select(movements))).all())


def is_part(number: int) -> Lie:
    def concerns(request: Request) -> bool:
        return request.method == "PUT" and f"partNumber={number}&" in request.target + "&"

    return Lie(concerns, instead=error(400, "InvalidRequest"))


@pytest.mark.covers("M-ST-02", "BG-04")
async def test_a_copy_to_a_bucket_that_failed_sends_what_is_missing_alone(
    rows: Database, tmp_path: Path, radosgw: ObjectServer, proxy: LyingProxy
) -> None:
    """ListParts tells what is there; the row of the multipart goes with its end."""
    near = radosgw.settings()
    async with open_pair(
        tmp_path, rows, archive=radosgw.settings(), edge=through(proxy, near)
    ) as pair:
        _, made = await pair.make()
        await pair.recalling.want([made])
        proxy.lies.append(is_part(3))
        with pytest.raises(RushesError):
            await pair.recalling.fill(made)
        half_way = (await state_of(pair, made), await count_rows(pair))
        [begun] = await bucket(pair.house.edge).list_multiparts()
        held = {p.number for p in await bucket(pair.house.edge).parts(*_ids(begun))}
        proxy.lies.clear()
        proxy.seen.clear()

        await pair.recalling.fill(made)

        assert ("absent", 1) == half_way
        sent = parts_sent(proxy)
        assert 3 in sent
        assert held.isdisjoint(sent)
        assert len(set(sent)) == len(sent)
        assert ("present", 0) == (await state_of(pair, made), await count_rows(pair))
        assert FILM == await read(pair.house.edge, await key_of(pair, made, "edge"))
        assert [] == await bucket(pair.house.edge).list_multiparts()


def _ids(begun: object) -> tuple[str, str]:
    key, store_upload_id = getattr(begun, "key"), getattr(begun, "store_upload_id")  # noqa: B009
    return str(key), str(store_upload_id)


@pytest.mark.covers("M-ST-02")
async def test_a_copy_to_a_folder_that_failed_reads_what_is_missing_alone(
    rows: Database, tmp_path: Path, radosgw: ObjectServer, proxy: LyingProxy
) -> None:
    """What the file aside holds is told by its blocks."""
    async with open_pair(
        tmp_path, rows, archive=through(proxy, radosgw.settings()), edge=None
    ) as pair:
        _, made = await pair.make()
        await pair.recalling.want([made])
        proxy.lies.append(Lie(lambda asked: is_read_of(asked, 2), instead=error(403, "Refused")))
        proxy.seen.clear()
        with pytest.raises(RushesError):
            await pair.recalling.fill(made)
        [aside] = (pair.house.edge.root / ".rushes" / "grow").iterdir()
        content = aside.read_bytes()
        starts = range(0, len(FILM), BLOCK_BYTES)
        held = {
            at // BLOCK_BYTES
            for at in starts
            if content[at : at + BLOCK_BYTES] == FILM[at : at + BLOCK_BYTES]
        }
        proxy.lies.clear()
        proxy.seen.clear()

        await pair.recalling.fill(made)

        assert 2 not in held
        assert sorted(set(range(PARTS)) - held) == sorted(blocks_read(proxy))
        assert FILM == await read(pair.house.edge, await key_of(pair, made, "edge"))
        assert [] == list((pair.house.edge.root / ".rushes" / "grow").iterdir())


@pytest.mark.covers("M-ST-02")
async def test_one_service_copies_by_itself_and_is_not_believed(
    rows: Database, tmp_path: Path, radosgw: ObjectServer, proxy: LyingProxy
) -> None:
    """No byte is sent by us; all of them are read back, and what is wrong is not kept."""
    far, near = radosgw.settings(), radosgw.settings()
    async with open_pair(
        tmp_path, rows, archive=through(proxy, far), edge=through(proxy, near)
    ) as pair:
        _, made = await pair.make()
        await pair.recalling.want([made])
        proxy.seen.clear()
        await pair.recalling.fill(made)
        copied = [one for one in proxy.seen if "x-amz-copy-source" in one.headers]
        sent, back = parts_sent(proxy), sorted(blocks_read(proxy))

        _, other = await pair.make(FILM[::-1])
        await pair.recalling.want([other])
        is_edge = near.prefix
        proxy.lies.append(
            Lie(
                lambda asked: is_edge in asked.target and is_read_of(asked, 1),
                after=change_body,
            )
        )
        with pytest.raises(Broken):
            await pair.recalling.fill(other)

        assert (1, [], list(range(PARTS))) == (len(copied), sent, back)
        assert FILM == await read(pair.house.edge, await key_of(pair, made, "edge"))
        assert "absent" == await state_of(pair, other)
        with pytest.raises(NotFound):
            await pair.house.edge.head(await key_of(pair, other, "edge"))


@pytest.mark.covers("X-ST-03")
async def test_a_source_with_other_bytes_is_told_and_nothing_is_kept(
    rows: Database, tmp_path: Path, radosgw: ObjectServer, proxy: LyingProxy
) -> None:
    """A block is read three times before the copy is called wrong."""
    async with open_pair(
        tmp_path, rows, archive=through(proxy, radosgw.settings()), edge=None
    ) as pair:
        _, made = await pair.make()
        await pair.recalling.want([made])
        proxy.lies.append(Lie(lambda asked: is_read_of(asked, 1), after=change_body, times=2))
        await pair.recalling.fill(made)
        twice = await state_of(pair, made)

        _, other = await pair.make(FILM[::-1])
        await pair.recalling.want([other])
        proxy.lies.append(Lie(lambda asked: is_read_of(asked, 1), after=change_body))
        with pytest.raises(SourceWrong):
            await pair.recalling.fill(other)

        assert "present" == twice
        assert "absent" == await state_of(pair, other)
        with pytest.raises(NotFound):
            await pair.house.edge.head(await key_of(pair, other, "edge"))


@pytest.mark.covers("BG-04")
async def test_all_movements_share_one_memory(
    rows: Database, tmp_path: Path, radosgw: ObjectServer
) -> None:
    """Two parts' worth of it, for two copies of four parts that want four at once each."""
    async with open_pair(tmp_path, rows, archive=radosgw.settings(), edge=None) as pair:
        made = [(await pair.make(content))[1] for content in (FILM, FILM[::-1])]
        await pair.recalling.want(made)
        pair.flow = Flow(memory_bytes=2 * BLOCK_BYTES)

        await asyncio.gather(*(pair.recalling.fill(each) for each in made))

        assert 2 * BLOCK_BYTES == pair.flow.most_bytes
        assert ["present"] * 2 == [await state_of(pair, each) for each in made]
        async with rows.reading() as connection:
            kept = (await connection.execute(select(object_blocks.c.digests))).scalars().all()
        assert [PARTS * 32] * 2 == [len(digests) for digests in kept]


@pytest.mark.covers("X-ST-05")
async def test_what_nobody_will_end_is_given_up_at_the_bucket(
    rows: Database, tmp_path: Path, radosgw: ObjectServer
) -> None:
    """By its row once it is stale, and without one when it is a week old."""
    async with open_pair(
        tmp_path, rows, archive=radosgw.settings(), edge=radosgw.settings()
    ) as pair:
        _, made = await pair.make(b"small")
        edge = bucket(pair.house.edge)
        key = await key_of(pair, made, "edge")
        lost = await edge.begin("proxies/ast_x/720p.mp4")
        known = await edge.begin(key)
        async with rows.transaction() as connection:
            query = select(placements.c.id).where(placements.c.tier == "edge")
            placement_id = (await connection.execute(query)).scalar_one()
            await connection.execute(
                movements.insert().values(
                    placement_id=placement_id,
                    tier="edge",
                    key=key,
                    store_upload_id=known,
                    part_bytes=BLOCK_BYTES,
                    begun_at=utc_now(),
                )
            )
        now = Leftovers(rows, Clock(), pair.house.archive, edge)
        later = Leftovers(
            rows, Clock(now=lambda: utc_now() + timedelta(days=8)), pair.house.archive, edge
        )
        kept = (await now.end_stale(), await now.abort_orphans())
        orphans = await later.abort_orphans()
        left = [each.store_upload_id for each in await edge.list_multiparts()]
        async with rows.transaction() as connection:
            await connection.execute(
                update(placements).values(state=State.PRESENT.value, lease_until=None)
            )

        ended = await now.end_stale()

        assert ((0, 0), 1, [known], 1) == (kept, orphans, left, ended)
        assert lost not in left
        assert [] == await edge.list_multiparts()


@pytest.mark.covers("T-TI-08")
async def test_a_store_that_is_silent_leads_nobody_astray(
    rows: Database, tmp_path: Path, radosgw: ObjectServer
) -> None:
    """The next tier answers at once, before anybody was sent to the silent one."""
    nowhere = radosgw.settings(endpoint="http://127.0.0.1:1")
    async with open_pair(tmp_path, rows, archive=radosgw.settings(), edge=nowhere) as pair:
        _, made = await pair.make(b"small")
        async with rows.transaction() as connection:
            await connection.execute(update(placements).values(state=State.PRESENT.value))
        before = await pair.house.locator.open_copy(made)
        edge = bucket(pair.house.edge)
        while not edge.is_down:
            with suppress(Unreachable):
                await edge.head("proxies/any")

        after = await pair.house.locator.open_copy(made)
        content = b"".join([piece async for piece in pair.house.locator.read(made)])

    assert (Tier.EDGE, Tier.ARCHIVE) == (before.tier, after.tier)
    assert b"small" == content
