"""A copier that is killed in a multipart upload: the next one sends what is missing alone."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from rushes.clock import Clock, utc_now
from rushes.db.engine import open_database
from rushes.errors import RushesError
from rushes.sections import StoreSettings
from rushes.stores.s3 import S3Store, open_s3
from rushes.tiers.copy import SpoolPath
from tests.support.copying import open_pair, parts_sent, through
from tests.support.filed import Files
from tests.support.lying_proxy import LyingProxy
from tests.support.object_stores import ObjectServer
from tests.support.stored import FOUND, read

HOUSE = Path(__file__).parents[2]
FILM = random.Random(8).randbytes(2**20) * 120  # noqa: S311 - eight blocks, the last is smaller
PARTS = 8
PACE = 32 * 2**20
"""Bytes a second: the copier is killed while most parts still wait."""
PATIENCE = 60
LATER = Clock(now=lambda: utc_now() + timedelta(minutes=1))
"""The claim of the dead has run out."""


@pytest.fixture
def film(tmp_path: Path) -> Iterator[Path]:
    """The film, as it lies in a spool."""
    path = tmp_path / "film"
    path.write_bytes(FILM)
    yield path
    path.unlink()


@asynccontextmanager
async def copying(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a copier, and kill it at the end of the block."""
    copier = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.support.bucket_copier", *arguments),
        cwd=HOUSE,
        env=os.environ | {"PYTHONPATH": str(HOUSE / "src")},
    )
    try:
        yield copier
    finally:
        with suppress(ProcessLookupError):
            copier.send_signal(signal.SIGKILL)
        await copier.wait()


async def count_held(store: S3Store) -> int:
    """Return how many parts the bucket holds of what was begun."""
    held = 0
    for begun in await store.list_multiparts():
        with suppress(RushesError):
            held += len(await store.parts(begun.key, begun.store_upload_id))
    return held


async def await_parts(store: S3Store, count: int) -> None:
    """Wait until the bucket holds so many."""
    async with asyncio.timeout(PATIENCE):
        while await count_held(store) < count:  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.05)


def at(path: Path) -> SpoolPath:
    """Return what finds every upload at one path."""

    async def find(_upload_id: str) -> Path:
        return path

    return find


def told(settings: StoreSettings) -> str:
    """Return settings of a store as another process takes them."""
    plain = settings.model_dump(mode="json", exclude_none=True)
    keys = {name: getattr(settings, name) for name in ("access_key", "secret_key")}
    return json.dumps(plain | {name: key.get_secret_value() for name, key in keys.items() if key})


@pytest.mark.covers("BG-04", "M-ST-02")
@pytest.mark.timeout(300)
async def test_a_killed_multipart_is_resumed(
    sqlite_url: str, tmp_path: Path, film: Path, radosgw: ObjectServer
) -> None:
    """After kill -9 the parts that are there stay; those in flight go again, and no others."""
    settings, database = radosgw.settings(), open_database(sqlite_url)
    filed = await Files(database, Clock()).asset(FILM)
    async with await open_s3("look", settings, FOUND["ceph"]) as store:
        arguments = (sqlite_url, str(tmp_path), filed.content_id, str(film), told(settings))
        async with copying(*arguments, str(PACE)):
            await await_parts(store, 2)
        held = await count_held(store)

        async with LyingProxy(radosgw.endpoint).serve() as proxy:
            archive = through(proxy, settings)
            async with open_pair(tmp_path, database, archive=archive, edge=None) as pair:
                pair.house.clock = LATER
                keeper = replace(pair.keeper, spool_path=at(film))
                await keeper.keep_original(filed.content_id)
            sent = parts_sent(proxy)

        [key] = await store.list_keys()
        assert FILM == await read(store, key)
        assert [] == await store.list_multiparts()
    assert 2 <= held <= PARTS
    assert PARTS - held == len(sent)
    assert len(set(sent)) == len(sent)
    assert len(sent) <= PARTS - 2
    await database.close()
