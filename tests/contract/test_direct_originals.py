"""An original that came past us is watched and fetched before it counts as kept."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from rushes.stores.s3 import S3Store, open_s3
from rushes.tiers.locate import Away, Locator
from rushes.tiers.placement import NoCopy, Tier
from tests.support.filed import Filed
from tests.support.handing import Handing
from tests.support.object_stores import ObjectServer
from tests.support.past_us import record_past_us
from tests.support.stored import CLIP, FOUND, known_of, pieces

KEY = "originals/acme/spring/ast_1/clip.mov"


@pytest.fixture
async def store(radosgw: ObjectServer) -> AsyncIterator[S3Store]:
    """The archive: a place in a bucket, with the original in it."""
    async with await open_s3("vault", radosgw.settings(), FOUND[radosgw.provider]) as opened:
        await opened.put(KEY, pieces(CLIP), known_of(CLIP))
        yield opened


async def put_past_us(handing: Handing, store_name: str) -> Filed:
    """File an asset whose original its sender put into a store; no placement tells of it."""
    filed = await handing.files.asset(CLIP)
    async with handing.database.transaction() as connection:
        await record_past_us(connection, filed.upload_id, filed.project_id, store_name, KEY)
    return filed


def locate(handing: Handing, archive: S3Store) -> Locator:
    """Return what finds bytes where the archive is a bucket."""
    return Locator(handing.database, archive, handing.edge, handing.scratch, handing.spool_path)


@pytest.mark.covers("M-UP-01")
async def test_an_original_is_found_where_its_sender_put_it(
    handing: Handing, store: S3Store
) -> None:
    """Its bytes, a few of them, and an address for whoever fetches it."""
    filed = await put_past_us(handing, store.name)
    locator = locate(handing, store)

    copy = await locator.open_copy(filed.content_id)
    whole = b"".join([piece async for piece in locator.stream(filed.content_id, 5)])

    assert isinstance(copy, Away)
    assert (len(CLIP), Tier.ARCHIVE) == (copy.size_bytes, copy.tier)
    assert CLIP[100:200] == await copy.read(100, 200)
    assert CLIP[5:] == whole
    address = copy.address(60, "attachment", "video/quicktime")
    async with httpx.AsyncClient() as client:
        assert CLIP == (await client.get(address)).content


async def test_an_original_in_a_store_that_is_the_archive_no_more_is_not_guessed_at(
    handing: Handing, store: S3Store
) -> None:
    """The same key at another store is another object."""
    filed = await put_past_us(handing, "another")

    with pytest.raises(NoCopy):
        await locate(handing, store).open_copy(filed.content_id)
