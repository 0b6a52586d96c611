"""Objects that came past us are read in blocks, several at once, and a broken reading goes on."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from rushes.intake.elsewhere import Elsewhere
from rushes.intake.reading import STREAMS
from rushes.stores.blocks import BLOCK_BYTES, Fingerprint
from rushes.stores.filesystem import FolderStore, open_folder
from rushes.stores.scratch import Scratch
from rushes.stores.store import Broken, Unreachable
from rushes.uploads.blocks import Block
from rushes.uploads.direct import Direct, StoreChanged

KEY = "originals/acme/spring/ast_1/film.bin"
DIRECT = Direct("upl_1", "vault", KEY, "2~x", BLOCK_BYTES, None)
CONTENT = os.urandom(5 * BLOCK_BYTES + 77)
DIGESTS = tuple(
    hashlib.sha256(CONTENT[at : at + BLOCK_BYTES]).digest()
    for at in range(0, len(CONTENT), BLOCK_BYTES)
)


@dataclass(slots=True)
class Watched:
    """A folder store that tells which ranges were read, and is away where it is told to be."""

    folder: FolderStore
    away_from: int | None = None
    starts: list[int] = field(default_factory=list)
    open_now: int = 0
    most_open: int = 0

    async def get(
        self, key: str, start: int = 0, end: int | None = None, if_version: str | None = None
    ) -> AsyncIterator[bytes]:
        """Give a range, as the folder does."""
        if self.away_from is not None and start >= self.away_from:
            raise Unreachable("The store is away.")
        self.starts.append(start)
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        try:
            async for piece in self.folder.get(key, start, end, if_version):
                yield piece
        finally:
            self.open_now -= 1


@dataclass(slots=True)
class Desk:
    """What is known of an object so far, as the database would keep it."""

    elsewhere: Elsewhere
    store: Watched
    known: dict[int, bytes] = field(default_factory=dict)

    async def read(self, size_bytes: int = len(CONTENT)) -> Fingerprint:
        """Read the object through, with what is known of it."""

        async def keep(block: Block) -> None:
            self.known[block.position] = block.digest

        return await self.elsewhere.read(DIRECT, size_bytes, dict(self.known), keep)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """An object in a store, of which only the length is known."""
    async with await open_folder(tmp_path / "vault") as folder:
        path = tmp_path / "vault" / KEY
        path.parent.mkdir(parents=True)
        path.write_bytes(CONTENT)
        (tmp_path / "scratch").mkdir()
        store = Watched(folder)
        yield Desk(Elsewhere(store, "vault", Scratch(tmp_path / "scratch", 2**30)), store)


def without_room(desk: Desk) -> Elsewhere:
    """Return the same where the disk has no room for a local copy."""
    return replace(desk.elsewhere, scratch=replace(desk.elsewhere.scratch, limit_bytes=1))


@pytest.mark.covers("BG-04")
async def test_blocks_are_read_side_by_side_each_once(desk: Desk, tmp_path: Path) -> None:
    """No more of them at once than the memory is meant for; a local copy is left."""
    read = await desk.read()

    assert Fingerprint(len(CONTENT), DIGESTS, hashlib.sha256(CONTENT).digest()) == read
    assert dict(enumerate(DIGESTS)) == desk.known
    assert list(range(0, len(CONTENT), BLOCK_BYTES)) == sorted(desk.store.starts)
    assert 1 < desk.store.most_open <= STREAMS
    assert CONTENT == (tmp_path / "scratch" / "upl_1").read_bytes()


async def test_without_room_for_a_copy_the_digests_are_the_same(desk: Desk, tmp_path: Path) -> None:
    """The bytes pass through the memory alone."""
    desk.elsewhere = without_room(desk)

    read = await desk.read()

    assert Fingerprint(len(CONTENT), DIGESTS, hashlib.sha256(CONTENT).digest()) == read
    assert [] == list((tmp_path / "scratch").glob("upl_1*"))


async def test_what_was_read_before_an_outage_is_not_read_again(desk: Desk, tmp_path: Path) -> None:
    """Its digests are known, and its bytes lie in the copy that grows."""
    desk.store.away_from = 4 * BLOCK_BYTES
    with pytest.raises(Unreachable):
        await desk.read()
    before = set(desk.known)
    desk.store.away_from, desk.store.starts = None, []

    read = await desk.read()

    assert DIGESTS == read.blocks
    assert before
    assert {n * BLOCK_BYTES for n in range(6) if n not in before} == set(desk.store.starts)
    assert CONTENT == (tmp_path / "scratch" / "upl_1").read_bytes()


async def test_a_copy_that_lost_bytes_is_mended_from_the_store(desk: Desk, tmp_path: Path) -> None:
    """A digest that is known is no proof that the disk holds its block."""
    desk.known = dict(enumerate(DIGESTS[:3]))
    part = tmp_path / "scratch" / "upl_1.part"
    part.write_bytes(CONTENT[:BLOCK_BYTES] + bytes(len(CONTENT) - BLOCK_BYTES))

    read = await desk.read()

    assert DIGESTS == read.blocks
    assert read.whole is None
    assert 0 not in desk.store.starts
    assert CONTENT == (tmp_path / "scratch" / "upl_1").read_bytes()


async def test_without_room_a_reading_goes_on_where_it_was(desk: Desk) -> None:
    """Only blocks whose digests are missing are read."""
    desk.elsewhere = without_room(desk)
    desk.known = dict(enumerate(DIGESTS[:4]))

    read = await desk.read()

    assert DIGESTS == read.blocks
    assert [4 * BLOCK_BYTES, 5 * BLOCK_BYTES] == sorted(desk.store.starts)


async def test_an_object_that_is_shorter_or_another_is_refused(desk: Desk) -> None:
    """It is not what was seen when it was completed."""
    with pytest.raises(Broken):
        await desk.read(len(CONTENT) + 1)
    desk.known = {0: bytes(32)}
    with pytest.raises(Broken):
        await desk.read()


async def test_an_empty_object_has_no_blocks(desk: Desk) -> None:
    """And the digest of nothing."""
    assert Fingerprint(0, (), hashlib.sha256().digest()) == await desk.read(0)


async def test_bytes_in_another_store_are_left_alone(desk: Desk) -> None:
    """The error names both stores; nothing is lost."""
    desk.elsewhere = replace(desk.elsewhere, name="other")

    with pytest.raises(StoreChanged, match="the store vault, and the archive is the store other"):
        await desk.read()
