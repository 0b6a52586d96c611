"""What every store keeps to: one suite, each driver."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rushes.stores.blocks import Fingerprint
from rushes.stores.filesystem import open_folder
from rushes.stores.s3 import open_s3
from rushes.stores.store import (
    Broken,
    Changed,
    Exists,
    InvalidKey,
    NotFound,
)
from tests.support.object_stores import ObjectServer
from tests.support.stored import (
    CLIP,
    FOUND,
    KEY,
    AnyStore,
    known_of,
    list_unfinished,
    pieces,
    read,
)


@pytest.fixture(params=["folder", "radosgw", "swift"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AnyStore]:
    """A store of each kind."""
    if request.param == "folder":
        async with await open_folder(tmp_path / "store") as folder:
            yield folder
        return
    server: ObjectServer = request.getfixturevalue(request.param)
    async with await open_s3("main", server.settings(), FOUND[server.provider]) as bucket:
        yield bucket


@pytest.mark.covers("X-ST-01")
async def test_what_was_put_can_be_read(store: AnyStore) -> None:
    """Whole, with its size, and nothing is left aside."""
    put = await store.put(KEY, pieces(CLIP), known_of(CLIP))

    assert CLIP == await read(store, KEY)
    assert put == await store.head(KEY)
    assert [] == await list_unfinished(store)


@pytest.mark.parametrize(("start", "end"), [(0, 1), (5, 5), (7, 2_000_000), (2_000_000, None)])
async def test_a_range_is_exactly_those_bytes(store: AnyStore, start: int, end: int | None) -> None:
    """The end is not included."""
    await store.put(KEY, pieces(CLIP), known_of(CLIP))

    assert CLIP[start:end] == await read(store, KEY, start, end)


async def test_a_range_beyond_the_end_is_broken(store: AnyStore) -> None:
    """Fewer bytes than were asked for are no answer."""
    await store.put(KEY, pieces(CLIP), known_of(CLIP))

    with pytest.raises(Broken):
        await read(store, KEY, 0, len(CLIP) + 1)


async def test_another_version_is_not_read_by_mistake(store: AnyStore) -> None:
    """Whoever names a version gets that one or none."""
    put = await store.put(KEY, pieces(CLIP), known_of(CLIP))

    first = [piece async for piece in store.get(KEY, 0, 1, if_version=put.version)]
    with pytest.raises(Changed):
        [piece async for piece in store.get(KEY, if_version=put.version + "x")]

    assert [CLIP[:1]] == first


async def test_an_object_is_never_overwritten(store: AnyStore) -> None:
    """Neither by a put nor by a file that is adopted."""
    await store.put(KEY, pieces(CLIP), known_of(CLIP))

    with pytest.raises(Exists):
        await store.put(KEY, pieces(b"other"), known_of(b"other"))

    assert CLIP == await read(store, KEY)


async def test_of_two_writers_one_wins_and_the_other_is_told(store: AnyStore) -> None:
    """Also where both began before either ended."""

    async def slow() -> AsyncIterator[bytes]:
        yield b"sl"
        await store.put(KEY, pieces(CLIP), known_of(CLIP))
        yield b"ow"

    with pytest.raises(Exists):
        await store.put(KEY, slow(), known_of(b"slow"))

    assert CLIP == await read(store, KEY)


@pytest.mark.parametrize(
    "known",
    [known_of(CLIP[:-1]), known_of(CLIP + b"x"), Fingerprint(len(CLIP), whole=bytes(32))],
    ids=["longer", "shorter", "other"],
)
async def test_wrong_bytes_never_become_visible(store: AnyStore, known: Fingerprint) -> None:
    """Neither too many, nor too few, nor others; and nothing is left aside."""
    with pytest.raises(Broken):
        await store.put(KEY, pieces(CLIP), known)

    assert [] == await store.list_keys()
    assert [] == await list_unfinished(store)


async def test_a_source_that_fails_leaves_nothing(store: AnyStore) -> None:
    """What had arrived is thrown away."""

    async def failing() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await store.put(KEY, failing(), known_of(CLIP))

    assert ([], []) == (await store.list_keys(), await list_unfinished(store))


@pytest.mark.covers("X-ST-03")
async def test_a_missing_object_is_an_error_and_no_empty_answer(store: AnyStore) -> None:
    """Whether it is looked at or read."""
    with pytest.raises(NotFound):
        await store.head(KEY)
    with pytest.raises(NotFound):
        await read(store, KEY)


async def test_deleting_is_done_twice_as_well_as_once(store: AnyStore) -> None:
    """A missing object is success, and neighbours stay."""
    await store.put(KEY, pieces(CLIP), known_of(CLIP))
    await store.put("proxies/acme/other", pieces(b"a"), known_of(b"a"))

    for _ in range(2):
        await store.delete(KEY)

    assert ["proxies/acme/other"] == await store.list_keys()


async def test_keys_are_listed_in_byte_order_and_in_pages(store: AnyStore) -> None:
    """A folder is sorted as its name with a slash, so pages join without gap or overlap."""
    keys = ["a/b-.x", "a/b.x", "a/b/c", "a/b0", "a/é", "b"]
    for key in reversed(keys):
        await store.put(key, pieces(b"x"), known_of(b"x"))

    pages: list[str] = []
    while page := await store.list_keys(after=pages[-1] if pages else "", limit=2):
        pages += page

    assert sorted(keys, key=str.encode) == pages
    assert ["a/b-.x", "a/b.x", "a/b/c", "a/b0"] == await store.list_keys("a/b")
    assert ["a/b/c"] == await store.list_keys("a/b/")


@pytest.mark.covers("BG-11")
@pytest.mark.parametrize("key", ["../x", "/etc/passwd", "a//b", "a/..", "", "a\\b", "a\0"])
async def test_no_key_leads_out_of_the_store(store: AnyStore, key: str) -> None:
    """Every ability refuses it."""
    with pytest.raises(InvalidKey):
        await store.head(key)
    with pytest.raises(InvalidKey):
        await store.put(key, pieces(b"x"), known_of(b"x"))
    with pytest.raises(InvalidKey):
        await store.delete(key)


async def test_a_copy_within_has_the_same_bytes(store: AnyStore) -> None:
    """And both can be deleted apart."""
    await store.put(KEY, pieces(CLIP), known_of(CLIP))

    await store.copy_within(KEY, "copy")
    await store.delete(KEY)

    assert CLIP == await read(store, "copy")


async def test_a_file_of_another_size_is_not_adopted(store: AnyStore, tmp_path: Path) -> None:
    """Nor is what is no file at all."""
    file, pipe = tmp_path / "clip", tmp_path / "pipe"
    file.write_bytes(CLIP)
    os.mkfifo(pipe)

    for path, known in ((file, known_of(CLIP[1:])), (pipe, Fingerprint(0))):
        with pytest.raises(Broken):
            await store.adopt(KEY, path, known)

    assert [] == await store.list_keys()
