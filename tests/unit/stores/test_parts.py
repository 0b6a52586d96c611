"""How objects are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushes.stores.blocks import BLOCK_BYTES
from rushes.stores.parts import (
    OBJECT_BYTES_AT_MOST,
    PARTS_AT_MOST,
    Cuts,
    Cutter,
    Part,
    cut,
)

MIB, GIB, TIB = 2**20, 2**30, 2**40


@pytest.mark.covers("BG-46")
@pytest.mark.parametrize(
    ("size_bytes", "count", "part_mib"),
    [
        (0, 1, 16),
        (1, 1, 16),
        (16 * MIB, 1, 16),
        (16 * MIB + 1, 2, 16),
        (100 * GIB, 6_400, 16),
        (156 * GIB + 256 * MIB, 10_000, 16),
        (156 * GIB + 256 * MIB + 1, 5_001, 32),
        (500 * GIB, 8_000, 64),
        (1 * TIB, 9_363, 112),
        (5 * TIB, 9_930, 528),
    ],
)
def test_every_size_is_cut_into_parts_that_a_server_takes(
    size_bytes: int, count: int, part_mib: int
) -> None:
    """From no byte to 5 TiB."""
    cuts = cut(size_bytes)

    assert (count, part_mib * MIB) == (cuts.count, cuts.part_bytes)


@given(st.integers(1, OBJECT_BYTES_AT_MOST))
def test_all_parts_are_equal_but_the_last(size_bytes: int) -> None:
    """They are at most 10,000, and join without gap or overlap."""
    cuts = cut(size_bytes)

    assert cuts.count <= PARTS_AT_MOST
    assert cuts.part_bytes % BLOCK_BYTES == 0
    assert (0, size_bytes) == (cuts.span(1)[0], cuts.span(cuts.count)[1])
    assert 0 < cuts.part_size(cuts.count) <= cuts.part_bytes
    assert cuts.count == 1 or cuts.part_size(1) == cuts.part_bytes


@pytest.mark.parametrize("size_bytes", [-1, OBJECT_BYTES_AT_MOST + 1])
def test_what_no_server_takes_is_not_cut(size_bytes: int) -> None:
    """S3 ends at 5 TiB."""
    with pytest.raises(ValueError, match=str(size_bytes)):
        cut(size_bytes)


@pytest.mark.parametrize("number", [0, 3])
def test_there_is_no_part_beyond_the_last(number: int) -> None:
    """Numbers begin at 1."""
    with pytest.raises(ValueError, match=str(number)):
        Cuts(20, 10).span(number)


def test_a_part_has_the_digest_of_its_block_where_they_are_the_same() -> None:
    """Not of larger parts, and not where nothing is known."""
    blocks = (b"first", b"last")

    assert b"last" == cut(20 * MIB).digest(2, blocks)
    assert cut(20 * MIB).digest(2, None) is None
    assert cut(20 * MIB).digest(2, blocks[:1]) is None
    assert cut(500 * GIB).digest(1, blocks) is None


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([(1, 10), (2, 10), (3, 5)], True),
        ([(1, 10), (2, 10)], False),
        ([(1, 10), (3, 5), (2, 10)], False),
        ([(1, 10), (2, 9), (3, 5)], False),
    ],
)
def test_an_object_is_whole_when_each_part_is_there_with_its_size(
    parts: list[tuple[int, int]], *, expected: bool
) -> None:
    """In order."""
    held = tuple(Part(number, size, "etag") for number, size in parts)

    assert expected == Cuts(25, 10).is_whole(held)


@given(st.lists(st.binary(max_size=30)), st.integers(1, 12))
def test_a_cutter_gives_the_same_bytes_in_equal_parts(pieces: list[bytes], size: int) -> None:
    """Whatever the pieces are."""
    cutter = Cutter(size)

    full = [bytes(part) for piece in pieces for part in cutter.take(piece)]
    rest = bytes(cutter.finish())

    assert b"".join(pieces) == b"".join([*full, rest])
    assert {size} >= {len(part) for part in full}
    assert len(rest) < size
    assert b"" == cutter.finish()
