"""Local copies of objects: fetched once, proved, and given up for newer ones."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rushes.stores.blocks import BLOCK_BYTES, BlockHasher, Fingerprint
from rushes.stores.filesystem import FolderStore, open_folder
from rushes.stores.scratch import REST_SECONDS, Scratch
from rushes.stores.store import Broken, Full, NotFound

KEY = "originals/acme/spring/ast_1/clip.mov"
SMALL = bytes(range(256)) * 1_000


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[FolderStore]:
    """A store, read as one without paths."""
    async with await open_folder(tmp_path / "store") as opened:
        yield opened


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    """An empty cache of 1 MB."""
    (tmp_path / "scratch").mkdir()
    return Scratch(tmp_path / "scratch", 10**6)


async def filed(store: FolderStore, content: bytes, key: str = KEY) -> Fingerprint:
    hasher = BlockHasher()
    hasher.update(content)
    known = hasher.finish()

    async def source() -> AsyncIterator[bytes]:
        yield content

    await store.put(key, source(), known)
    return known


class Counted:
    """A store that is counted; its bytes are those of a real one."""

    def __init__(self, store: FolderStore) -> None:
        self.store, self.reads = store, 0

    def get(
        self, key: str, start: int = 0, end: int | None = None, if_version: str | None = None
    ) -> AsyncIterator[bytes]:
        self.reads += 1
        return self.store.get(key, start, end, if_version)


async def test_a_copy_has_the_bytes_of_the_object(scratch: Scratch, store: FolderStore) -> None:
    """In several blocks, the last one short."""
    content = os.urandom(BLOCK_BYTES + 5_000)
    known = await filed(store, content)

    path = await Scratch(scratch.folder, 2**30).fetch("cnt_1", store, KEY, known)

    assert content == path.read_bytes()


async def test_an_object_without_blocks_is_proved_by_its_digest(
    scratch: Scratch, store: FolderStore
) -> None:
    """A rendition has one digest of the whole."""
    known = await filed(store, SMALL)
    whole = Fingerprint(len(SMALL), whole=known.whole)

    path = await scratch.fetch("rnd_1", store, KEY, whole)

    assert path.read_bytes() == SMALL


async def test_ten_who_ask_at_once_cause_one_fetch(scratch: Scratch, store: FolderStore) -> None:
    """The others wait, and take what came."""
    known = await filed(store, SMALL)
    counted = Counted(store)

    paths = await asyncio.gather(*(scratch.fetch("cnt_1", counted, KEY, known) for _ in range(10)))

    assert counted.reads == 1
    assert len(set(paths)) == 1


@pytest.mark.parametrize("is_in_blocks", [True, False])
async def test_wrong_bytes_are_never_handed_out(
    scratch: Scratch, store: FolderStore, *, is_in_blocks: bool
) -> None:
    """Asked twice where blocks are known; nothing is left behind."""
    known = await filed(store, SMALL)
    right = bytes(32)
    wrong = Fingerprint(len(SMALL), (right,) if is_in_blocks else None, right)

    with pytest.raises(Broken):
        await scratch.fetch("cnt_1", store, KEY, wrong)

    assert [each for each in scratch.folder.iterdir() if each.suffix != ".lock"] == []
    assert (await scratch.fetch("cnt_1", store, KEY, known)).read_bytes() == SMALL


async def test_a_missing_object_is_missing(scratch: Scratch, store: FolderStore) -> None:
    """And leaves nothing."""
    with pytest.raises(NotFound):
        await scratch.fetch("cnt_1", store, KEY, Fingerprint(1, whole=bytes(32)))


async def test_what_was_used_longest_ago_goes_first(scratch: Scratch, store: FolderStore) -> None:
    """Three of 400 kB do not fit into 1 MB; what was just asked for stays in any case."""
    known = {n: await filed(store, os.urandom(400_000), f"{KEY}{n}") for n in "abc"}
    first, second = [await scratch.fetch(n, store, f"{KEY}{n}", known[n]) for n in "ab"]
    age(first, REST_SECONDS + 10)
    age(second, REST_SECONDS + 20)
    await scratch.fetch("a", store, f"{KEY}a", known["a"])

    third = await scratch.fetch("c", store, f"{KEY}c", known["c"])

    assert [True, False, True] == [each.exists() for each in (first, second, third)]


async def test_a_disk_without_room_is_said_before_a_byte_is_read(
    scratch: Scratch, store: FolderStore
) -> None:
    """The object is larger than any disk."""
    counted = Counted(store)

    with pytest.raises(Full):
        await scratch.fetch("cnt_1", counted, KEY, Fingerprint(2**60, whole=bytes(32)))

    assert counted.reads == 0


async def test_a_file_that_is_here_already_costs_no_fetch(
    scratch: Scratch, store: FolderStore, tmp_path: Path
) -> None:
    """What leaves the spool is linked."""
    known = await filed(store, SMALL)
    (tmp_path / "spooled").write_bytes(SMALL)
    counted = Counted(store)

    await scratch.keep("cnt_1", tmp_path / "spooled")
    await scratch.fetch("cnt_1", counted, KEY, known)
    await scratch.forget("cnt_1")

    assert counted.reads == 0
    assert not (scratch.folder / "cnt_1").exists()


async def test_what_a_killed_fetcher_left_is_swept(scratch: Scratch) -> None:
    """Parts only, and only those that nobody writes any more."""
    (scratch.folder / "cnt_1.00ff.part").write_bytes(b"half")
    age(scratch.folder / "cnt_1.00ff.part", REST_SECONDS + 10)
    (scratch.folder / "cnt_3.00ff.part").write_bytes(b"growing")
    (scratch.folder / "cnt_2").write_bytes(b"whole")

    swept = scratch.sweep()

    assert swept == 1
    assert {"cnt_2", "cnt_3.00ff.part"} == {each.name for each in scratch.folder.iterdir()}


def age(path: Path, seconds: float) -> None:
    """Let a file look as if it was used that long ago."""
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))
