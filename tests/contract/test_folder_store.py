"""What a folder as a store keeps to, beside what every store does."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rushes.stores.blocks import Fingerprint
from rushes.stores.filesystem import FolderStore, open_folder
from rushes.stores.store import (
    Broken,
    Full,
    NotFound,
    Refused,
    Unreachable,
)
from tests.support.stored import CLIP, KEY, known_of, list_unfinished, pieces, read


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[FolderStore]:
    """A store in a folder."""
    async with await open_folder(tmp_path / "store") as opened:
        yield opened


async def test_what_has_no_room_is_refused_before_a_byte_is_written(store: FolderStore) -> None:
    """One byte more than is free is enough."""
    space = await store.space()

    with pytest.raises(Full):
        await store.put(KEY, pieces(CLIP), Fingerprint(space.free_bytes + 1))

    assert [] == await list_unfinished(store)


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

    assert (CLIP, []) == (await read(store, KEY), await list_unfinished(store))


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
        assert [] == await list_unfinished(again)


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
