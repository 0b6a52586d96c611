"""Runs: what is there of a file that comes in any order, and where it lies."""

from __future__ import annotations

import random

import pytest

from rushes.uploads.runs import Run, find_prefix, join_runs, lay, list_parts, pick
from rushes.uploads.upload import Extent


def run(at: int, length: int, file: str = "a", start: int | None = None) -> Run:
    """Return a run; in its file it begins where it does in the whole, if nothing else is said."""
    return Run(at, Extent(file, at if start is None else start, length))


def test_extents_lie_one_after_the_other() -> None:
    """The second begins where the first ends, whatever files they are in."""
    laid = lay([Extent("a", 7, 3), Extent("b", 0, 5)], 100)

    assert [run(100, 3, "a", 7), run(103, 5, "b", 0)] == laid
    assert [103, 108] == [one.end for one in laid]


@pytest.mark.parametrize(
    ("runs", "joined"),
    [
        ([], ()),
        ([run(0, 0)], ()),
        ([run(5, 5), run(0, 5)], (run(0, 10),)),
        ([run(0, 5), run(6, 5)], (run(0, 5), run(6, 5))),
        ([run(0, 5), run(5, 5, "b")], (run(0, 5), run(5, 5, "b"))),
        ([run(0, 5), run(5, 5, "a", 9)], (run(0, 5), run(5, 5, "a", 9))),
        ([run(0, 9), run(4, 3)], (run(0, 9),)),
        ([run(0, 6, "a"), run(4, 6, "b", 0)], (run(0, 6, "a"), run(6, 4, "b", 2))),
    ],
)
def test_neighbours_become_one(runs: list[Run], joined: tuple[Run, ...]) -> None:
    """In order, without gaps, without the same byte twice."""
    assert joined == join_runs(runs)


@pytest.mark.parametrize(
    ("runs", "length"),
    [
        ((), 0),
        ((run(1, 5),), 0),
        ((run(0, 5), run(6, 5)), 5),
        ((run(0, 5), run(5, 5, "b"), run(20, 1)), 10),
    ],
)
def test_the_prefix_ends_at_the_first_gap(runs: tuple[Run, ...], length: int) -> None:
    """What lies behind a gap cannot be read in order."""
    assert length == find_prefix(runs)


def test_bytes_are_picked_where_they_lie() -> None:
    """Across files, from the middle of one to the middle of another."""
    runs = (run(0, 10, "a", 100), run(10, 10, "b", 0), run(30, 5, "c", 0))

    assert (Extent("a", 104, 6), Extent("b", 0, 3)) == pick(runs, 4, 13)
    assert () == pick(runs, 4, 4)


@pytest.mark.parametrize(("start", "end"), [(15, 21), (20, 21), (34, 36), (25, 32)])
def test_what_is_not_there_is_not_picked(start: int, end: int) -> None:
    """A gap is never read over."""
    runs = (run(0, 10), run(10, 10, "b", 0), run(30, 5, "c", 0))

    with pytest.raises(EOFError, match="not there yet"):
        pick(runs, start, end)


@pytest.mark.parametrize(
    ("runs", "numbers"),
    [
        ((), ()),
        ((run(0, 9),), ()),
        ((run(0, 10),), (1,)),
        ((run(5, 30),), (2, 3)),
        ((run(0, 15), run(15, 15, "b", 0)), (1, 2, 3)),
        ((run(0, 10), run(20, 10)), (1, 3)),
        ((run(0, 45),), (1, 2, 3, 4)),
        ((run(30, 15),), (4,)),
    ],
)
def test_whole_parts_are_listed_in_any_order_but_the_last(
    runs: tuple[Run, ...], numbers: tuple[int, ...]
) -> None:
    """Of 45 bytes in parts of 10 the fifth waits for the end."""
    assert numbers == list_parts(runs, 45, 10)


def test_the_last_part_waits_also_where_it_is_full() -> None:
    """An object is never complete before its file is accepted."""
    assert (1, 2) == list_parts((run(0, 30),), 30, 10)


def test_runs_in_any_order_say_what_a_plain_file_says() -> None:
    """Chunks of a file, shuffled, a few missing: prefix, parts and bytes are those of the set."""
    chance = random.Random(5)  # noqa: S311 - the same files in each run
    for _ in range(300):
        count, chunk = chance.randrange(1, 12), chance.randrange(1, 9)
        size = count * chunk
        here = [number for number in range(count) if chance.random() < 0.7]
        chance.shuffle(here)
        runs = join_runs(
            run(number * chunk, chunk, chance.choice("ab"), number * chunk) for number in here
        )
        there = {number * chunk + at for number in here for at in range(chunk)}
        part = chance.randrange(1, 9)
        last = max(1, -(-size // part))

        prefix = next((at for at in range(size + 1) if at not in there), size)
        whole = [
            number
            for number in range(1, last)
            if set(range((number - 1) * part, number * part)) <= there
        ]

        assert prefix == find_prefix(runs)
        assert tuple(whole) == list_parts(runs, size, part)
        picked = pick(runs, 0, prefix)
        assert prefix == sum(extent.length for extent in picked)
