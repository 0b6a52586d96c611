"""What a store lists is judged, whatever a client says of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from rushes.stores.parts import Part
from rushes.uploads.direct import (
    LOOK_AT_UNSIZED_EVERY,
    LOOK_EVERY,
    SIGNED_AT_ONCE,
    BadPart,
    Direct,
    PartsWrong,
    StoreChanged,
    cut_whole,
    judge,
    landing_key,
    next_look,
    parse_numbers,
    part_size,
    require_store,
    store_changed,
)
from tests.support.moments import NOON

MIB = 2**20
PART = 16 * MIB
SIZE = 2 * PART + 5
SIZED = Direct("upl_1", "vault", "originals/a/b/ast_1/c.mov", "2~x", PART, None)
UNSIZED = replace(SIZED, part_bytes=None)
SINGLE = replace(UNSIZED, store_upload_id=None)
WHOLE = (Part(1, PART, '"a"'), Part(2, PART, '"b"'), Part(3, 5, '"c"'))


def test_one_put_has_no_multipart() -> None:
    """That is how the two are told apart."""
    assert [True, False] == [SINGLE.is_single, SIZED.is_single]


def test_bytes_are_looked_for_in_the_archive_alone() -> None:
    """Where the archive is another store now, or a folder, the error says what to set."""
    require_store(SIZED, "vault")

    with pytest.raises(
        StoreChanged, match="in the store vault, and the archive is the store other"
    ):
        require_store(SIZED, "other")
    assert "the archive is a folder now" in store_changed(SIZED, None).message


def test_one_put_lands_beside_the_final_key() -> None:
    """By the upload's id alone."""
    assert "landing/upl_1" == landing_key("upl_1")


@pytest.mark.covers("BG-46", "M-UP-07")
def test_each_part_has_the_length_that_the_size_gives_it() -> None:
    """All equal but the last; without a size the client decides."""
    sizes = [part_size(SIZED, SIZE, number) for number in (1, 2, 3)]

    assert [PART, PART, 5] == sizes
    assert [None, None] == [part_size(SIZED, None, 3), part_size(UNSIZED, SIZE, 10_000)]


@pytest.mark.parametrize("number", [-1, 0, 4, 10_001])
def test_a_part_that_the_file_has_not_is_refused(number: int) -> None:
    """Before anything is signed."""
    with pytest.raises(BadPart):
        part_size(SIZED, SIZE, number)


@pytest.mark.parametrize(
    ("direct", "sizes"),
    [(SIZED, [PART, PART, 5]), (UNSIZED, [SIZE]), (None, [PART, PART, 5])],
    ids=["sized", "unsized", "kept"],
)
def test_an_object_that_is_whole_has_the_parts_that_its_sender_counts(
    direct: Direct | None, sizes: list[int]
) -> None:
    """Where nobody told a size it is one part; of an original it is cut as any of its size."""
    parts = cut_whole(direct, SIZE, '"o"')

    assert [Part(number, size, '"o"') for number, size in enumerate(sizes, 1)] == list(parts)


def test_an_object_of_no_bytes_is_one_part_of_none() -> None:
    """As a store lists it."""
    assert (Part(1, 0, '"o"'),) == cut_whole(UNSIZED, 0, '"o"')


def test_numbers_are_read_with_commas_between_and_each_once() -> None:
    """In the order in which they were asked for."""
    assert (3, 1, 10000) == parse_numbers("3,1,3,10000")


@pytest.mark.parametrize(
    "text",
    ["", ",", "1,", "0", "01", "1;2", "-1", "1, 2", "\u0661", "100000", "9" * 900],
)
def test_what_is_no_list_of_numbers_is_refused(text: str) -> None:
    """With an example of one."""
    with pytest.raises(BadPart):
        parse_numbers(text)


def test_more_than_a_hundred_parts_at_once_are_refused() -> None:
    """A hundred are not."""
    hundred = ",".join(str(number) for number in range(1, SIGNED_AT_ONCE + 1))

    assert SIGNED_AT_ONCE == len(parse_numbers(hundred))
    with pytest.raises(BadPart):
        parse_numbers(f"{hundred},101")


@pytest.mark.covers("BG-02")
@pytest.mark.parametrize(
    "told",
    [None, {}, {1: "a"}, {1: '"a"', 2: "b", 3: '"c"'}],
    ids=["nothing", "none", "one", "all"],
)
def test_all_parts_make_the_file(told: dict[int, str] | None) -> None:
    """Whether the client tells its ETags or not, with quotes or without."""
    assert SIZE == judge(SIZED, WHOLE, SIZE, told)


@pytest.mark.covers("BG-02", "BG-39")
@pytest.mark.parametrize(
    "parts",
    [
        (),
        WHOLE[:2],
        WHOLE[1:],
        (WHOLE[0], replace(WHOLE[1], size_bytes=PART - 1), WHOLE[2]),
        (*WHOLE, Part(4, 1, '"d"')),
    ],
    ids=["none", "no last", "no first", "a short one", "one too many"],
)
def test_what_is_not_the_whole_file_is_no_file(parts: tuple[Part, ...]) -> None:
    """Missing, of another length, or too many."""
    with pytest.raises(PartsWrong):
        judge(SIZED, parts, SIZE, None)


def test_missing_parts_are_named_as_ranges() -> None:
    """So that a client knows what to send."""
    with pytest.raises(PartsWrong) as wrong:
        judge(SIZED, WHOLE[:1], SIZE, None)

    assert {"missing": [[2, 3]], "total": 3} == wrong.value.facts


@pytest.mark.parametrize("told", [{2: "z"}, {4: "d"}])
def test_a_part_that_is_not_the_one_that_was_sent_is_found_out(told: dict[int, str]) -> None:
    """By the ETag that the client got."""
    with pytest.raises(PartsWrong):
        judge(SIZED, WHOLE, SIZE, told)


def test_without_a_size_equal_parts_are_enough() -> None:
    """The last one may be smaller, or the only one."""
    assert SIZE == judge(UNSIZED, WHOLE, None, None)
    assert 5 == judge(UNSIZED, (Part(1, 5, '"c"'),), None, None)


@pytest.mark.parametrize(
    "parts",
    [(), WHOLE[1:], (Part(1, 6, "a"), Part(2, 5, "b"), Part(3, 5, "c"))],
    ids=["none", "a gap", "unequal"],
)
def test_without_a_size_gaps_and_unequal_parts_are_refused(parts: tuple[Part, ...]) -> None:
    """R2 would not take them."""
    with pytest.raises(PartsWrong):
        judge(UNSIZED, parts, None, None)


@pytest.mark.parametrize(
    ("age", "wait"),
    [(0, 5), (4, 1), (5, 10), (14, 1), (15, 60), (3600, 60)],
)
def test_one_put_is_looked_for_soon_and_then_each_minute(age: int, wait: int) -> None:
    """At 5 s and 15 s of its age."""
    now = NOON + timedelta(seconds=age)

    assert now + timedelta(seconds=wait) == next_look(SINGLE, NOON, now)
    assert timedelta(seconds=60) == LOOK_EVERY


def test_a_growing_file_of_unknown_size_is_looked_at_now_and_then() -> None:
    """It may have become too large."""
    assert NOON + LOOK_AT_UNSIZED_EVERY == next_look(UNSIZED, NOON, NOON)
