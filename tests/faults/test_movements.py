"""Movements under kills and failing stores: each object is where its row says, with its bytes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from rushes.db.engine import open_database
from rushes.tiers import records
from rushes.tiers.check import open_checking
from rushes.tiers.placement import Tier
from tests.faults.long.journal import MIB
from tests.faults.long.movements import open_depot
from tests.support.copying import bucket, open_pair, through
from tests.support.lying_proxy import Lie, LyingProxy, Request, change_body
from tests.support.object_stores import ObjectServer
from tests.support.stored import read

MOVEMENTS, LONG_MOVEMENTS = 14, 200


@pytest.mark.covers("T-TI-08", "M-ST-02")
@pytest.mark.timeout(3_600)
async def test_movements_lose_nothing(
    sqlite_url: str,
    tmp_path: Path,
    radosgw: ObjectServer,
    chance: random.Random,
    request: pytest.FixtureRequest,
) -> None:
    """Workers are killed, both copies rot, the store lies; in the end all is right, and swept."""
    is_long = bool(request.config.getoption("--long"))
    archive, largest = radosgw.settings(), 40 * MIB if is_long else 18 * MIB

    async with open_depot(
        tmp_path, sqlite_url, chance, archive=archive, edge=None, largest=largest
    ) as depot:
        await depot.play(LONG_MOVEMENTS if is_long else MOVEMENTS)

    assert depot.story.objects >= len(depot.items)


async def test_the_only_copy_is_not_deleted_for_one_bad_answer(
    sqlite_url: str, tmp_path: Path, radosgw: ObjectServer
) -> None:
    """It was called lost, and is right: an answer that was changed on its way is no reason."""
    content = b"the only copy" * 999
    database, settings = open_database(sqlite_url), radosgw.settings()
    async with LyingProxy(radosgw.endpoint).serve() as proxy:
        archive = through(proxy, settings)
        async with open_pair(tmp_path, database, archive=archive, edge=None) as pair:
            _, made = await pair.make(content)
            checking = open_checking(pair.keeper, pair.house.locator, 2**30)
            async with database.reading() as connection:
                place = await records.find_placement(connection, made, Tier.ARCHIVE)
            assert place is not None
            await checking.losses.lose(place, "wrong bytes")
            proxy.lies = [Lie(is_whole_read, times=1, after=change_body)]

            is_mended = await checking.mending.mend(place)

            assert (True, 0) == (is_mended, proxy.lies[0].times)
            assert content == await read(bucket(pair.house.archive), place.key)
    await database.close()


def is_whole_read(request: Request) -> bool:
    """Say whether a whole object is asked for."""
    is_object = request.method == "GET" and "/proxies/" in request.target
    return is_object and "range" not in request.headers
