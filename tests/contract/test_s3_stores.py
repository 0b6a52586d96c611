"""What a bucket as a store does beside what every store does: parts, and signed addresses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from rushes.stores.blocks import BLOCK_BYTES, Fingerprint
from rushes.stores.parts import PART_BYTES_AT_LEAST, Part
from rushes.stores.provider import UNKNOWN, Abilities, PartProof
from rushes.stores.s3 import S3Store, open_s3
from rushes.stores.store import Broken, Busy, Exists, NotFound, Refused
from tests.support.object_stores import ObjectServer
from tests.support.stored import CLIP, FOUND, KEY, blocks_of, known_of, pieces, read

FIRST = bytes(range(256)) * (PART_BYTES_AT_LEAST // 256)
LAST = b"the last part may be small"
FILM = bytes(range(251)) * (2 * BLOCK_BYTES // 251 + 4_000)  # three parts, cut by us


@pytest.fixture
async def store(object_server: ObjectServer) -> AsyncIterator[S3Store]:
    """A place of its own on radosgw and on Swift."""
    settings = object_server.settings()
    async with await open_s3("main", settings, FOUND[object_server.provider]) as opened:
        yield opened


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A file of three parts."""
    path = tmp_path / "film"
    path.write_bytes(FILM)
    return path


async def send_both(store: S3Store, upload_id: str) -> list[Part]:
    last = await store.part(KEY, upload_id, 2, LAST)
    return [await store.part(KEY, upload_id, 1, FIRST), last]


@pytest.mark.covers("X-ST-01")
async def test_an_upload_of_parts_becomes_an_object_when_it_is_completed(store: S3Store) -> None:
    """In any order, a part may come again, and completing twice is fine."""
    upload_id = await store.begin(KEY)
    await store.part(KEY, upload_id, 1, FIRST[::-1])
    parts = await send_both(store, upload_id)
    listed = await store.parts(KEY, upload_id)
    with pytest.raises(NotFound):
        await store.head(KEY)

    first = await store.complete(KEY, upload_id, listed)
    again = await store.complete(KEY, upload_id, parts)

    assert [(1, len(FIRST)), (2, len(LAST))] == [(p.number, p.size_bytes) for p in listed]
    assert (first, FIRST + LAST) == (again, await read(store, KEY))
    assert [] == await store.list_multiparts()
    with pytest.raises(Exists):
        await store.begin(KEY)


async def test_an_upload_that_is_given_up_leaves_nothing(store: S3Store) -> None:
    """It is listed with its moment until then; giving up twice is fine."""
    upload_id = await store.begin(KEY)
    await send_both(store, upload_id)
    (open_one,) = await store.list_multiparts()

    for _ in range(2):
        await store.abort(KEY, upload_id)

    assert (KEY, upload_id) == (open_one.key, open_one.store_upload_id)
    assert open_one.begun_at.tzinfo is not None
    assert ([], []) == (await store.list_multiparts(), await store.list_keys())
    with pytest.raises(NotFound):
        await store.parts(KEY, upload_id)


async def test_what_neither_exists_nor_was_begun_cannot_be_completed(store: S3Store) -> None:
    """An unknown upload is no success."""
    upload_id = await store.begin(KEY)
    parts = await send_both(store, upload_id)
    await store.abort(KEY, upload_id)
    store._calls.patience = replace(store._calls.patience, first_wait=0.01)  # noqa: SLF001

    with pytest.raises((NotFound, Broken, Busy)):
        await store.complete(KEY, upload_id, parts)


async def test_a_part_of_other_bytes_than_its_digest_is_refused(store: S3Store) -> None:
    """The server itself checks the digest that signs the request."""
    upload_id = await store.begin(KEY)

    with pytest.raises(Broken, match="changed on their way"):
        await store.part(KEY, upload_id, 1, FIRST, digest=bytes(32))

    assert () == await store.parts(KEY, upload_id)
    await store.abort(KEY, upload_id)


@pytest.mark.parametrize("known", [blocks_of(FILM), known_of(FILM)], ids=["blocks", "whole"])
async def test_a_file_of_many_parts_is_adopted(
    store: S3Store, film: Path, known: Fingerprint
) -> None:
    """And put from a stream, it is the same."""
    await store.adopt(KEY, film, known)

    assert await store.prove(KEY, blocks_of(FILM))
    with pytest.raises(Exists):
        await store.adopt(KEY, film, known)


async def test_a_stream_of_many_parts_is_put(store: S3Store) -> None:
    """Whatever the pieces are."""
    await store.put(KEY, pieces(FILM, 3_000_000), known_of(FILM))

    assert await store.prove(KEY, blocks_of(FILM))


async def test_a_file_that_is_not_what_it_was_is_no_object(store: S3Store, film: Path) -> None:
    """Whether the server checks, or we do."""
    wrong = blocks_of(FILM[:-1] + b"\0")
    for abilities in (FOUND["swift"], UNKNOWN):
        store.abilities = abilities
        with pytest.raises(Broken):
            await store.adopt(KEY, film, wrong)

    assert ([], []) == (await store.list_keys(), await store.list_multiparts())


@pytest.mark.parametrize("proof", [PartProof.MD5, PartProof.NONE])
async def test_other_proofs_of_parts_make_the_same_object(
    store: S3Store, film: Path, proof: PartProof
) -> None:
    """A server that checks less has more read back."""
    store.abilities = Abilities(part_proof=proof)

    await store.adopt(KEY, film, blocks_of(FILM))

    assert await store.prove(KEY, blocks_of(FILM))


@pytest.mark.covers("X-UP-07")
async def test_an_upload_goes_on_with_the_parts_that_the_store_holds(
    store: S3Store, film: Path
) -> None:
    """A wrong part among them is found, and the object is not kept."""
    upload_id = await store.begin(KEY)
    await store.part(KEY, upload_id, 2, FILM[BLOCK_BYTES : 2 * BLOCK_BYTES])
    await store.adopt(KEY, film, blocks_of(FILM), upload_id)
    assert await store.prove(KEY, blocks_of(FILM))
    await store.delete(KEY)

    upload_id = await store.begin(KEY)
    await store.part(KEY, upload_id, 2, bytes(BLOCK_BYTES))

    with pytest.raises(Broken, match="deleted"):
        await store.adopt(KEY, film, blocks_of(FILM), upload_id)
    assert [] == await store.list_keys()


async def test_an_object_of_other_bytes_is_not_proved(store: S3Store) -> None:
    """Neither another size nor other bytes, nor another digest of all."""
    await store.put(KEY, pieces(CLIP), known_of(CLIP))

    for wrong in (CLIP[1:], CLIP[:-1] + b"x"):
        for known in (known_of(wrong), blocks_of(wrong)):
            with pytest.raises(Broken):
                await store.prove(KEY, known)


async def test_a_large_object_is_copied_by_parts(store: S3Store) -> None:
    """As those over 5 GiB are; here the parts are small."""
    upload_id = await store.begin(KEY)
    await store.complete(KEY, upload_id, await send_both(store, upload_id))

    found = await store.head(KEY)
    await store.copy_by_parts(found, "copy", PART_BYTES_AT_LEAST)

    assert FIRST + LAST == await read(store, "copy")


async def test_pages_of_parts_and_keys_are_joined(store: S3Store) -> None:
    """More keys than fit one answer."""
    names = [f"many/{number:03d}" for number in range(12)]
    for name in names:
        await store.put(name, pieces(b"x"), known_of(b"x"))

    assert names == await store.list_keys("many/")
    assert names[5:8] == await store.list_keys("many/", after=names[4], limit=3)


async def test_a_signed_address_gives_the_object_and_no_other(store: S3Store) -> None:
    """With ranges and the name that was signed; changed or late it gives nothing."""
    await store.put(KEY, pieces(CLIP), known_of(CLIP))
    named = "attachment; filename*=UTF-8''film.mp4"
    url = store.presign_get(KEY, 60, named, "video/mp4")

    async with httpx.AsyncClient() as client:
        part = await client.get(url, headers={"Range": "bytes=5-14"})
        other = await client.get(url.replace("720p", "721p"))
        late = store.presign_get(KEY, 1)
        await asyncio.sleep(2)
        expired = await client.get(late)

    assert (206, CLIP[5:15]) == (part.status_code, part.content)
    assert named == part.headers["content-disposition"]
    assert "video/mp4" == part.headers["content-type"]
    assert (403, 403) == (other.status_code, expired.status_code)


async def test_a_signed_address_takes_an_object_of_its_size_only(store: S3Store) -> None:
    """No byte more than promised comes in."""
    url = store.presign_put(KEY, len(LAST), 60)

    async with httpx.AsyncClient() as client:
        larger = await client.put(url, content=LAST + b"!")
        right = await client.put(url, content=LAST)

    assert (403, 200) == (larger.status_code, right.status_code)
    assert LAST == await read(store, KEY)


async def test_a_signed_address_takes_a_part_of_its_size_only(store: S3Store) -> None:
    """And the store's own list says what it holds."""
    upload_id = await store.begin(KEY)
    urls = [
        store.presign_part(KEY, upload_id, 1, len(FIRST), 60),
        store.presign_part(KEY, upload_id, 2, len(LAST), 60),
    ]

    async with httpx.AsyncClient() as client:
        larger = await client.put(urls[1], content=LAST + b"!")
        sent = [
            await client.put(url, content=body)
            for url, body in zip(urls, (FIRST, LAST), strict=True)
        ]
    held = await store.parts(KEY, upload_id)
    await store.complete(KEY, upload_id, held)

    assert 403 == larger.status_code
    assert [part.etag for part in held] == [one.headers["etag"] for one in sent]
    assert FIRST + LAST == await read(store, KEY)


async def test_a_wrong_key_is_refused_with_what_to_do(object_server: ObjectServer) -> None:
    """And so is a bucket that is not there."""
    wrong_secret = object_server.settings(secret_key="wrong")
    async with await open_s3("main", wrong_secret) as store:
        with pytest.raises(Refused, match="key"):
            await store.list_keys()
    async with await open_s3("main", object_server.settings(bucket="not-there")) as store:
        with pytest.raises(Refused, match="bucket"):
            await store.list_keys()
