"""Chunks: how long, which are missing, where they lie; from nothing to 5 TiB."""

from __future__ import annotations

from typing import Any

import pytest

from rushes.stores.blocks import BLOCK_BYTES
from rushes.uploads.chunked import (
    MIB,
    Chunk,
    ChunkIndexInvalid,
    ChunkLengthWrong,
    ChunkLimits,
    ChunksMissing,
    Place,
    UploadClosed,
    choose_chunk_bytes,
    count_chunks,
    find_block_of,
    find_extents,
    find_missing,
    find_ranges,
    holds_blocks,
    parse_index,
    plan_chunk,
    require_all,
    require_chunked,
)
from rushes.uploads.upload import Extent, Protocol, State, UploadGone
from tests.support.an_upload import upload

GIB, TIB = 2**30, 2**40
PLAIN = ChunkLimits()


@pytest.mark.covers("CF-18", "X-UP-09", "X-UP-10", "S-UP-03", "BG-46")
@pytest.mark.parametrize(
    ("size_bytes", "mbit", "chunk_bytes", "count"),
    [
        (0, None, 16 * MIB, 0),
        (1, None, 16 * MIB, 1),
        (16 * MIB, None, 16 * MIB, 1),
        (16 * MIB + 1, None, 16 * MIB, 2),
        (100 * GIB, None, 16 * MIB, 6_400),
        (160_000 * MIB, None, 16 * MIB, 10_000),
        (160_000 * MIB + 1, None, 32 * MIB, 5_001),
        (625 * GIB, None, 64 * MIB, 10_000),
        (625 * GIB + 1, None, 128 * MIB, 5_001),
        (TIB, None, 128 * MIB, 8_192),
        (5 * TIB, None, 576 * MIB, 9_103),
        (GIB, 0.001, MIB, 1_024),
        (GIB, 1, MIB, 1_024),
        (GIB, 10, 8 * MIB, 128),
        (GIB, 14, 16 * MIB, 64),
        (GIB, 50, 32 * MIB, 32),
        (GIB, 1_000_000, 64 * MIB, 16),
        (100 * GIB, 0.001, 16 * MIB, 6_400),
    ],
)
def test_the_server_says_how_long_chunks_are(
    size_bytes: int, mbit: float | None, chunk_bytes: int, count: int
) -> None:
    """Ten seconds of the line, 16 MiB where it is not known, never more than 10,000 chunks."""
    chosen = choose_chunk_bytes(size_bytes, mbit, PLAIN)

    assert (chunk_bytes, count) == (chosen, count_chunks(size_bytes, chosen))


@pytest.mark.covers("X-UP-09", "X-UP-10", "S-UP-03")
@pytest.mark.parametrize(
    ("limits", "size_bytes", "mbit", "chunk_bytes"),
    [
        (ChunkLimits(5 * MIB, 50 * MIB), GIB, None, 16 * MIB),
        (ChunkLimits(5 * MIB, 50 * MIB), GIB, 0.1, 4 * MIB),
        (ChunkLimits(5 * MIB, 50 * MIB), GIB, 10_000, 32 * MIB),
        (ChunkLimits(max_count=1_000), 20_000 * MIB, None, 32 * MIB),
        (ChunkLimits(max_bytes=8 * MIB), GIB, None, 8 * MIB),
        (ChunkLimits(max_bytes=8 * MIB, max_count=10), GIB, None, 128 * MIB),
        (ChunkLimits(min_bytes=1_024), 10_000, 0.000_001, 1_024),
    ],
)
def test_settings_move_the_limits(
    limits: ChunkLimits, size_bytes: int, mbit: float | None, chunk_bytes: int
) -> None:
    """The values of the other documents: 5 and 50 MB, 1,000 chunks."""
    assert chunk_bytes == choose_chunk_bytes(size_bytes, mbit, limits)


@pytest.mark.covers("BG-22", "X-UP-08")
@pytest.mark.parametrize(
    "text",
    ["-1", "1.5", "", "3", "9" * 30, "0x1", " 1", "1e0", "\u0661", "null", "..", "1\n", "02"],
)
def test_an_index_that_is_none_is_refused(text: str) -> None:
    """Whole numbers below the number of chunks, in plain digits, and nothing else."""
    with pytest.raises(ChunkIndexInvalid):
        parse_index(text, 3)


@pytest.mark.covers("BG-22")
def test_an_index_in_range_is_read() -> None:
    """The first and the last; of an empty upload there is none."""
    assert [0, 2] == [parse_index(text, 3) for text in ("0", "2")]
    with pytest.raises(ChunkIndexInvalid, match="empty"):
        parse_index("0", 0)


def of_chunks(state: State = State.RECEIVING, **known: object) -> Any:
    known = {"size_bytes": 100, "chunk_bytes": 32, "protocol": Protocol.CHUNKED, **known}
    return upload(state, **known)


@pytest.mark.covers("X-UP-09", "BG-07")
def test_a_chunk_is_planned_by_its_index() -> None:
    """The last one is what is left; its length is compared where it is told."""
    assert Place(0, 0, 32) == plan_chunk(of_chunks(), "0", 32)
    assert Place(3, 96, 4) == plan_chunk(of_chunks(), "3", None)
    for index, length in (("0", 31), ("0", 33), ("3", 32), ("0", 0)):
        with pytest.raises(ChunkLengthWrong) as refused:
            plan_chunk(of_chunks(), index, length)
        assert (4 if index == "3" else 32) == refused.value.facts["expected_bytes"]


@pytest.mark.covers("S-UP-06", "CF-08")
@pytest.mark.parametrize(
    ("state", "error"),
    [
        (State.COMPLETED, UploadClosed),
        (State.ACCEPTED, UploadClosed),
        (State.QUARANTINED, UploadClosed),
        (State.CANCELLED, UploadGone),
        (State.EXPIRED, UploadGone),
    ],
)
def test_chunks_come_only_while_the_upload_receives(state: State, error: type[Exception]) -> None:
    """Every other state refuses them."""
    with pytest.raises(error):
        plan_chunk(of_chunks(state), "0", 32)


def test_what_does_not_come_in_chunks_takes_none() -> None:
    """A tus upload, and one whose length nobody knows."""
    for other in (of_chunks(protocol=Protocol.TUS), of_chunks(size_bytes=None)):
        with pytest.raises(UploadClosed):
            require_chunked(other)
    assert (100, 16 * MIB) == require_chunked(of_chunks(chunk_bytes=None))


@pytest.mark.parametrize(
    ("positions", "ranges", "missing"),
    [
        ([], [], [[0, 4]]),
        ([0], [[0, 0]], [[1, 4]]),
        ([4], [[4, 4]], [[0, 3]]),
        ([0, 1, 3, 4], [[0, 1], [3, 4]], [[2, 2]]),
        ([1, 3], [[1, 1], [3, 3]], [[0, 0], [2, 2], [4, 4]]),
        ([0, 1, 2, 3, 4], [[0, 4]], []),
    ],
)
def test_ranges_name_what_is_here_and_what_is_not(
    positions: list[int], ranges: list[list[int]], missing: list[list[int]]
) -> None:
    """First and last index of each run, of five chunks."""
    assert (ranges, missing) == (find_ranges(positions), find_missing(positions, 5))


@pytest.mark.covers("BG-02", "X-UP-13")
def test_the_set_of_chunks_decides_whether_all_are_here() -> None:
    """Those that are missing are named; an empty file has them all."""
    with pytest.raises(ChunksMissing) as refused:
        require_all([0, 2, 3], 5)

    facts = refused.value.facts
    assert ([[1, 1], [4, 4]], 3, 5) == (facts["missing"], facts["received"], facts["total"])
    require_all([0, 1], 2)
    require_all([], 0)


def chunk(position: int, file: str = "a.0", length: int = 32) -> Chunk:
    return Chunk(position, length, b"", file)


@pytest.mark.covers("BG-53")
def test_neighbours_in_one_file_are_one_extent() -> None:
    """So an upload that one process took is one file; of several it is their pieces in order."""
    alone = [chunk(0), chunk(1), chunk(2, length=4)]
    mixed = [chunk(0), chunk(1, "a.1"), chunk(2, "a.1"), chunk(3)]

    assert (Extent("a.0", 0, 68),) == find_extents(alone, 32)
    assert (Extent("a.0", 0, 32), Extent("a.1", 32, 64), Extent("a.0", 96, 32)) == find_extents(
        mixed, 32
    )
    assert () == find_extents([], 32)
    assert (Extent("a.0", 0, 32), Extent("a.0", 64, 32)) == find_extents([chunk(0), chunk(2)], 32)


def test_blocks_and_chunks_never_cross() -> None:
    """Every length that is chosen divides a block, or is made of blocks."""
    lengths = {choose_chunk_bytes(size, mbit, PLAIN) for size in (1, TIB) for mbit in (None, 1, 99)}

    assert {True} == {length % BLOCK_BYTES == 0 or BLOCK_BYTES % length == 0 for length in lengths}
    assert (True, True, False) == (
        holds_blocks(16 * MIB),
        holds_blocks(64 * MIB),
        holds_blocks(8 * MIB),
    )


@pytest.mark.parametrize(
    ("start", "chunk_bytes", "size_bytes", "expected"),
    [
        (0, MIB, 100 * MIB, range(16)),
        (17 * MIB, MIB, 100 * MIB, range(16, 32)),
        (97 * MIB, MIB, 99 * MIB + 5, range(96, 100)),
        (32 * MIB, 16 * MIB, 100 * MIB, range(2, 3)),
        (64 * MIB, 64 * MIB, 100 * MIB, range(1, 2)),
    ],
)
def test_the_chunks_of_a_block_are_found(
    start: int, chunk_bytes: int, size_bytes: int, expected: range
) -> None:
    """Those that lie in the same 16 MiB, fewer at the end of the file."""
    assert expected == find_block_of(Place(0, start, 1), chunk_bytes, size_bytes)
