"""The spool: one path for many extents, and bytes that are what was committed."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from rushes.db.tables import uploads
from rushes.stores.blocks import BLOCK_BYTES
from rushes.uploads import records
from rushes.uploads.blocks import find_root
from rushes.uploads.spool import Spool
from rushes.uploads.upload import Extent, State
from tests.support.an_upload import upload
from tests.support.receiving import Receiving, make_parts, receiving

TEN = b"0123456789"


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[Receiving]:
    """A server over each kind of database."""
    async with receiving(database_url, tmp_path / "house") as running:
        yield running


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


def id_of(url: str) -> str:
    return url.rpartition("/")[2]


async def test_several_extents_are_joined_into_one_file_once(tmp_path: Path) -> None:
    """A program gets one path; the second asking makes nothing new."""
    spool = Spool(tmp_path)
    for number, text in enumerate((b"abcXX", b"XXdefXX")):
        file = await spool.create("upl_1", number)
        (tmp_path / file).write_bytes(text)
    extents = [Extent("_1/upl_1.0", 0, 3), Extent("_1/upl_1.1", 2, 3)]

    whole = await spool.path(upload(offset=6), extents)
    made_at = whole.stat().st_mtime_ns
    again = await spool.path(upload(offset=6), extents)

    assert b"abcdef" == whole.read_bytes()
    assert (whole, made_at) == (again, again.stat().st_mtime_ns)
    assert b"bcde" == b"".join(spool.read(extents, 1, 5))


async def test_a_single_extent_is_its_own_path(tmp_path: Path) -> None:
    """Nothing is copied; empty extents do not count."""
    spool = Spool(tmp_path)
    empty, filled = await spool.create("upl_1"), await spool.create("upl_1", 1)
    (tmp_path / filled).write_bytes(b"abc")

    extents = [Extent(filled, 0, 3), Extent("_1/upl_1.2", 0, 0)]

    assert tmp_path / filled == await spool.path(upload(), extents)
    assert tmp_path / empty == await spool.path(upload(), [Extent(empty, 0, 0)])


async def test_release_removes_every_file_of_an_upload_and_no_other(tmp_path: Path) -> None:
    """Twice is as good as once."""
    spool = Spool(tmp_path)
    for name, number in (("upl_1", 0), ("upl_1", 1), ("upl_x1", 0)):
        await spool.create(name, number)
    (tmp_path / "_1").mkdir(exist_ok=True)

    await spool.release("upl_1")
    await spool.release("upl_1")

    assert ["upl_x1.0"] == names(tmp_path)


async def test_a_later_part_of_a_shared_file_may_come_first(tmp_path: Path) -> None:
    """The file is still shorter than where the part begins, and nothing is missing."""
    spool = Spool(tmp_path)
    await spool.create("upl_1")

    os.close(spool.open_file(Extent("_1/upl_1.0", 32, 0), 32))
    with pytest.raises(EOFError, match="ends at 0, before 33"):
        spool.open_file(Extent("_1/upl_1.0", 32, 1), 33)


async def test_a_file_that_ends_too_early_is_no_content(tmp_path: Path) -> None:
    """It is said, not filled up."""
    spool = Spool(tmp_path)
    await spool.create("upl_1")

    with pytest.raises(EOFError, match="ends 3 bytes too early"):
        list(spool.read([Extent("_1/upl_1.0", 0, 3)], 0, 3))


@pytest.mark.covers("BG-53")
async def test_after_a_restart_the_open_block_is_read_again(
    sqlite_url: str, tmp_path: Path
) -> None:
    """A new process knows no running digest; the root comes out right."""
    body = os.urandom(BLOCK_BYTES + 5_000)
    cut = BLOCK_BYTES + 1_000
    async with receiving(sqlite_url, tmp_path / "house") as house:
        token = await house.people.link(await house.people.project())
        url = await house.by_link(token).begin(len(body))
        await house.by_link(token).append(url, 0, body[:cut])
    async with receiving(sqlite_url, tmp_path / "house") as house:
        sender = house.by_link(token)
        answer = await sender.append(f"{sender.files}{id_of(url)}", cut, body[cut:])
        done = await house.parts.upload(id_of(url))

    digests = [hashlib.sha256(body[at : at + BLOCK_BYTES]).digest() for at in (0, BLOCK_BYTES)]
    assert 204 == answer.status_code
    assert (State.COMPLETED, find_root(digests)) == (done.state, done.root)


async def test_a_file_without_a_row_of_an_earlier_try_is_in_nobodys_way(tmp_path: Path) -> None:
    """The next free number is taken; both go with the upload."""
    spool = Spool(tmp_path)
    await spool.create("upl_1", 1)

    file = await spool.create("upl_1", 1)

    assert "_1/upl_1.2" == file
    await spool.release("upl_1")
    assert [] == names(tmp_path)


async def test_two_may_join_the_same_upload_at_once(tmp_path: Path) -> None:
    """Each gets the whole, and nothing else is left."""
    spool = Spool(tmp_path)
    bodies = [os.urandom(3 * 2**20) for _ in range(2)]
    for number, body in enumerate(bodies):
        (tmp_path / await spool.create("upl_1", number)).write_bytes(body)
    extents = [Extent(f"_1/upl_1.{number}", 0, len(body)) for number, body in enumerate(bodies)]

    async def join() -> bytes:
        return (await spool.path(upload(), extents)).read_bytes()

    read = await asyncio.gather(*(join() for _ in range(8)))

    assert {b"".join(bodies)} == set(read)
    assert {"upl_1.0", "upl_1.1", "upl_1.whole"} == set(names(tmp_path))


@pytest.mark.parametrize("left", [0, 500])
async def test_after_a_restart_an_append_to_lost_bytes_ends_the_upload(
    sqlite_url: str, tmp_path: Path, left: int
) -> None:
    """The open block would be read again, and is not there: it is said, and no 500."""
    async with receiving(sqlite_url, tmp_path / "house") as house:
        token = await house.people.link(await house.people.project())
        url = await house.by_link(token).begin(2_000)
        await house.by_link(token).append(url, 0, bytes(1_000))
    os.truncate(tmp_path / "house" / "spool" / url[-2:] / f"{id_of(url)}.0", left)
    async with receiving(sqlite_url, tmp_path / "house") as house:
        sender = house.by_link(token)
        answer = await sender.append(f"{sender.files}{id_of(url)}", 1_000, bytes(1_000))
        ended = await house.parts.upload(id_of(url))

    assert (410, "upload.gone") == (answer.status_code, answer.json()["code"])
    assert (State.CANCELLED, "bytes_lost") == (ended.state, ended.reason)


async def test_bytes_beyond_the_committed_offset_are_cut(house: Receiving) -> None:
    """A crash left them behind its row; they were never acknowledged."""
    sender = await house.sender()
    url = await sender.begin(20)
    await sender.append(url, 0, TEN)
    path = house.parts.spool.folder / url[-2:] / f"{id_of(url)}.0"
    with path.open("ab") as file:
        file.write(b"not acknowledged")

    offset = await sender.offset(url)
    await sender.append(url, 10, b"abc")

    assert (10, 13) == (offset, path.stat().st_size)
    assert TEN + b"abc" == await house.parts.content(id_of(url))


async def test_a_writer_that_was_given_up_commits_nothing(house: Receiving) -> None:
    """The fence of the row is another one: its bytes are not acknowledged."""
    sender = await house.sender()
    url = await sender.begin(20)
    await sender.append(url, 0, TEN)
    async with house.parts.database.transaction() as connection:
        await records.raise_fence(connection, id_of(url))
        row = await records.get_upload(connection, id_of(url))
    advance = records.Advance(row.id, row.fence - 1, 10, 20, row.expires_at, row.updated_at)

    async with house.parts.database.transaction() as connection:
        moved = await records.record_advance(connection, advance)
        moved_on = await records.record_advance(connection, replace(advance, fence=row.fence))

    assert moved is None
    assert moved_on is not None


async def test_blocks_may_be_left_to_intake(sqlite_url: str, tmp_path: Path) -> None:
    """`uploads.digest = intake`: received without hashing, so the root is not known yet."""
    async with receiving(
        sqlite_url, tmp_path / "house", digest="intake", durability="process"
    ) as house:
        sender = await house.sender()
        url = await sender.begin(10)
        await sender.append(url, 0, TEN)

        done = await house.parts.upload(id_of(url))

        assert (State.COMPLETED, None) == (done.state, done.root)
        assert TEN == await house.parts.content(done.id)


async def test_hashing_that_began_late_does_not_make_a_wrong_root(
    sqlite_url: str, tmp_path: Path
) -> None:
    """The setting changed in mid-upload: the first block has no digest, so there is no root."""
    body = os.urandom(BLOCK_BYTES + 10)
    async with receiving(sqlite_url, tmp_path / "house", digest="intake") as house:
        token = await house.people.link(await house.people.project())
        url = await house.by_link(token).begin(len(body))
        await house.by_link(token).append(url, 0, body[:-5])
    async with receiving(sqlite_url, tmp_path / "house") as house:
        sender = house.by_link(token)
        await sender.append(f"{sender.files}{id_of(url)}", len(body) - 5, body[-5:])
        done = await house.parts.upload(id_of(url))

    assert (State.COMPLETED, None) == (done.state, done.root)


@pytest.mark.covers("BG-15")
async def test_sizes_have_64_bits(database_url: str, tmp_path: Path) -> None:
    """2^53 - 1 bytes, the largest number that every JSON reader knows."""
    parts = make_parts(database_url, tmp_path / "house")
    async with receiving(database_url, tmp_path / "house") as house:
        url = await (await house.sender()).begin(10)
        async with parts.database.transaction() as connection:
            await connection.execute(update(uploads).values(size_bytes=2**53 - 1))

        assert 2**53 - 1 == (await house.parts.upload(id_of(url))).size_bytes
    await parts.database.close()
