"""What every store keeps to: one suite, each driver."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rushes.stores.blocks import Fingerprint
from rushes.stores.filesystem import FolderStore, open_folder
from rushes.stores.store import (
    Broken,
    Changed,
    Exists,
    Full,
    InvalidKey,
    NotFound,
    Refused,
    Unreachable,
)

CLIP = bytes(range(256)) * 9_000
KEY = "proxies/acme/spring/ast_1/720p.mp4"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[FolderStore]:
    """A store of each kind: today there is one."""
    async with await open_folder(tmp_path / "store") as opened:
        yield opened


async def pieces(content: bytes, step: int = 100_000) -> AsyncIterator[bytes]:
    for at in range(0, len(content), step):
        yield content[at : at + step]


def known_of(content: bytes) -> Fingerprint:
    return Fingerprint(len(content), whole=hashlib.sha256(content).digest())


async def read(store: FolderStore, key: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([piece async for piece in store.get(key, start, end)])


def list_aside(store: FolderStore) -> list[Path]:
    return list((store.root / ".rushes" / "part").iterdir())


@pytest.mark.covers("X-ST-01")
async def test_what_was_put_can_be_read(store: FolderStore) -> None:
    """Whole, with its size, and nothing is left aside."""
    put = await store.put(KEY, pieces(CLIP), known_of(CLIP))

    assert CLIP == await read(store, KEY)
    assert put == await store.head(KEY)
    assert [] == list_aside(store)


@pytest.mark.parametrize(("start", "end"), [(0, 1), (5, 5), (7, 2_000_000), (2_000_000, None)])
async def test_a_range_is_exactly_those_bytes(
    store: FolderStore, start: int, end: int | None
) -> None:
    """The end is not included."""
    await store.put(KEY, pieces(CLIP), known_of(CLIP))

    assert CLIP[start:end] == await read(store, KEY, start, end)


async def test_a_range_beyond_the_end_is_broken(store: FolderStore) -> None:
    """Fewer bytes than were asked for are no answer."""
    await store.put(KEY, pieces(CLIP), known_of(CLIP))

    with pytest.raises(Broken):
        await read(store, KEY, 0, len(CLIP) + 1)


async def test_another_version_is_not_read_by_mistake(store: FolderStore) -> None:
    """Whoever names a version gets that one or none."""
    put = await store.put(KEY, pieces(CLIP), known_of(CLIP))

    first = [piece async for piece in store.get(KEY, 0, 1, if_version=put.version)]
    with pytest.raises(Changed):
        [piece async for piece in store.get(KEY, if_version=put.version + "x")]

    assert [CLIP[:1]] == first


async def test_an_object_is_never_overwritten(store: FolderStore) -> None:
    """Neither by a put nor by a file that is adopted."""
    await store.put(KEY, pieces(CLIP), known_of(CLIP))

    with pytest.raises(Exists):
        await store.put(KEY, pieces(b"other"), known_of(b"other"))

    assert CLIP == await read(store, KEY)


async def test_of_two_writers_one_wins_and_the_other_is_told(store: FolderStore) -> None:
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
async def test_wrong_bytes_never_become_visible(store: FolderStore, known: Fingerprint) -> None:
    """Neither too many, nor too few, nor others; and nothing is left aside."""
    with pytest.raises(Broken):
        await store.put(KEY, pieces(CLIP), known)

    assert [] == await store.list_keys()
    assert [] == list_aside(store)


async def test_a_source_that_fails_leaves_nothing(store: FolderStore) -> None:
    """What had arrived is thrown away."""

    async def failing() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await store.put(KEY, failing(), known_of(CLIP))

    assert ([], []) == (await store.list_keys(), list_aside(store))


@pytest.mark.covers("X-ST-03")
async def test_a_missing_object_is_an_error_and_no_empty_answer(store: FolderStore) -> None:
    """Whether it is looked at or read."""
    with pytest.raises(NotFound):
        await store.head(KEY)
    with pytest.raises(NotFound):
        await read(store, KEY)


async def test_deleting_is_done_twice_as_well_as_once(store: FolderStore) -> None:
    """A missing object is success, and neighbours stay."""
    await store.put(KEY, pieces(CLIP), known_of(CLIP))
    await store.put("proxies/acme/other", pieces(b"a"), known_of(b"a"))

    for _ in range(2):
        await store.delete(KEY)

    assert ["proxies/acme/other"] == await store.list_keys()


async def test_keys_are_listed_in_byte_order_and_in_pages(store: FolderStore) -> None:
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
async def test_no_key_leads_out_of_the_store(store: FolderStore, key: str) -> None:
    """Every ability refuses it."""
    with pytest.raises(InvalidKey):
        await store.head(key)
    with pytest.raises(InvalidKey):
        await store.put(key, pieces(b"x"), known_of(b"x"))
    with pytest.raises(InvalidKey):
        await store.delete(key)


async def test_what_has_no_room_is_refused_before_a_byte_is_written(store: FolderStore) -> None:
    """One byte more than is free is enough."""
    space = await store.space()

    with pytest.raises(Full):
        await store.put(KEY, pieces(CLIP), Fingerprint(space.free_bytes + 1))

    assert [] == list_aside(store)


async def test_a_copy_within_has_the_same_bytes(store: FolderStore) -> None:
    """And both can be deleted apart."""
    await store.put(KEY, pieces(CLIP), known_of(CLIP))

    await store.copy_within(KEY, "copy")
    await store.delete(KEY)

    assert CLIP == await read(store, "copy")


async def test_a_file_is_adopted_by_a_link(store: FolderStore, tmp_path: Path) -> None:
    """At once: it is the same file under a second name."""
    file = tmp_path / "clip"
    file.write_bytes(CLIP)

    await store.adopt(KEY, file, known_of(CLIP))

    assert store.path(KEY).samefile(file)


async def test_a_file_of_another_filesystem_is_copied_and_proved(store: FolderStore) -> None:
    """Its bytes are compared on the way."""
    file = Path("/dev/shm") / f"rushes-{os.getpid()}"  # noqa: S108 - another filesystem on purpose
    file.write_bytes(CLIP)
    try:
        with pytest.raises(Broken):
            await store.adopt(KEY, file, Fingerprint(len(CLIP), whole=bytes(32)))
        await store.adopt(KEY, file, known_of(CLIP))
    finally:
        file.unlink()

    assert CLIP == await read(store, KEY)


async def test_a_file_of_another_size_is_not_adopted(store: FolderStore, tmp_path: Path) -> None:
    """Nor is what is no file at all."""
    file, pipe = tmp_path / "clip", tmp_path / "pipe"
    file.write_bytes(CLIP)
    os.mkfifo(pipe)

    for path, known in ((file, known_of(CLIP[1:])), (pipe, Fingerprint(0))):
        with pytest.raises(Broken):
            await store.adopt(KEY, path, known)

    assert [] == await store.list_keys()


async def test_symbolic_links_are_not_followed(store: FolderStore, tmp_path: Path) -> None:
    """Neither as an object nor as a folder, even where somebody laid one into the store."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    (store.root / "folder").symlink_to(outside)
    (store.root / "object").symlink_to(outside / "secret")

    for key in ("folder/secret", "object"):
        with pytest.raises(Refused):
            await store.head(key)
    with pytest.raises(Refused):
        await store.put("folder/new", pieces(b"x"), known_of(b"x"))

    assert ([], ["secret"]) == (await store.list_keys(), os.listdir(outside))  # noqa: PTH208


async def test_folders_and_pipes_are_no_objects(store: FolderStore) -> None:
    """A pipe must not hang who looks at it."""
    await store.put(KEY, pieces(CLIP), known_of(CLIP))
    os.mkfifo(store.root / "pipe")

    for key in ("proxies", "pipe"):
        with pytest.raises(NotFound):
            await store.head(key)


async def test_what_a_killed_writer_left_is_swept_and_what_is_written_is_not(
    store: FolderStore,
) -> None:
    """A living writer holds its file."""
    (store.root / ".rushes" / "part" / "dead").write_bytes(b"half")

    async def swept() -> AsyncIterator[bytes]:
        assert await store.sweep() == 1
        yield CLIP

    await store.put(KEY, swept(), known_of(CLIP))

    assert (CLIP, []) == (await read(store, KEY), list_aside(store))


async def test_a_store_is_the_same_when_it_is_opened_again(
    store: FolderStore, tmp_path: Path
) -> None:
    """Its marker says so."""
    await store.put(KEY, pieces(CLIP), known_of(CLIP))

    async with await open_folder(tmp_path / "store") as again:
        assert (store.store_id, CLIP) == (again.store_id, await read(again, KEY))


async def test_opening_a_store_sweeps_what_a_killed_writer_left(tmp_path: Path) -> None:
    """After a crash nobody else would."""
    async with await open_folder(tmp_path / "store") as store:
        (store.root / ".rushes" / "part" / "dead").write_bytes(b"half")

    async with await open_folder(tmp_path / "store") as again:
        assert [] == list_aside(again)


async def test_a_folder_of_other_things_is_no_store(tmp_path: Path) -> None:
    """It may be the empty place of a mount that is away."""
    (tmp_path / "thesis.txt").write_text("mine")

    with pytest.raises(Unreachable, match="no marker"):
        await open_folder(tmp_path)

    assert ["thesis.txt"] == os.listdir(tmp_path)  # noqa: PTH208


async def test_a_store_that_was_exchanged_is_unreachable(
    store: FolderStore, tmp_path: Path
) -> None:
    """Another folder in its place, another marker, or none."""
    await store.check()
    marker = tmp_path / "store" / ".rushes-store"
    marker.write_text("other")
    with pytest.raises(Unreachable):
        await store.check()
    marker.unlink()
    with pytest.raises(Unreachable):
        await store.check()

    (tmp_path / "store").rename(tmp_path / "away")

    with pytest.raises(Unreachable):
        await store.check()


async def test_a_place_that_cannot_be_a_folder_is_unreachable(tmp_path: Path) -> None:
    """The error is ours, and says what to look at."""
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises((Unreachable, Refused)):
        await open_folder(tmp_path / "file" / "store")
