"""Concatenation in words: what may be asked for, and what a final takes of its partials."""

from __future__ import annotations

import pytest

from rushes.stores.blocks import BLOCK_BYTES
from rushes.uploads.blocks import Block
from rushes.uploads.concat import (
    MAX_ENTRIES,
    MAX_REPEATS,
    BadConcat,
    BadGroup,
    Concat,
    Member,
    NotPartial,
    Place,
    Source,
    find_size,
    is_lost,
    is_ready,
    is_whole_group,
    join_extents,
    name_group,
    parse_concat,
    parse_place,
    plan_place,
    require_partials,
    shift_blocks,
)
from rushes.uploads.upload import Extent, State, Upload, UploadGone, UploadMissing
from tests.support.an_upload import upload

ID = f"upl_{'0' * 36}"
ONE = Member(0, 10, 30, is_live=True)


def partial(number: int = 1, state: State = State.COMPLETED, **known: object) -> Upload:
    """Return a partial upload of the link."""
    told = {"id": f"upl_{number}", "concat": "partial", "offset": 100, "size_bytes": 100}
    return upload(state, **(told | known))


def test_a_partial_is_a_word() -> None:
    """White space around it means nothing."""
    assert Concat("partial") == parse_concat(" partial ")
    assert not parse_concat("partial").is_final


@pytest.mark.parametrize(
    "address",
    [
        ID,
        f"files/{ID}",
        f"/files/{ID}",
        f"/files/{ID}/",
        f"/u/tok~grant/files/{ID}",
        f"https://host:8080/base/files/{ID}?a=/files/x#y",
    ],
)
def test_an_address_is_read_by_its_route(address: str) -> None:
    """Of an account or a link, absolute or relative."""
    concat = parse_concat(f"final;{address} {address}")

    assert (True, (ID, ID)) == (concat.is_final, concat.partial_ids)
    assert f"final;{address} {address}" == concat.text


@pytest.mark.parametrize("address", ["/files/x", f"/other/{ID}", "https://host/", "/", f"x{ID}"])
def test_an_address_of_another_route_names_nothing(address: str) -> None:
    """As if the upload were not there."""
    with pytest.raises(UploadMissing):
        parse_concat(f"final;{address}")


@pytest.mark.parametrize("text", ["", "whole", "final", "final;", "final; ", "partial;x"])
def test_other_words_are_refused(text: str) -> None:
    """Neither of the two."""
    with pytest.raises(BadConcat):
        parse_concat(text)


def test_entries_and_repeats_are_limited() -> None:
    """At the limit and one beyond."""
    ids = [f"upl_{number:036}" for number in range(MAX_ENTRIES)]

    assert tuple(ids) == parse_concat(f"final;{' '.join(ids)}").partial_ids
    with pytest.raises(BadConcat):
        parse_concat(f"final;{' '.join([*ids, ID])}")
    parse_concat(f"final;{' '.join([ID] * MAX_REPEATS)}")
    with pytest.raises(BadConcat):
        parse_concat(f"final;{' '.join([ID] * (MAX_REPEATS + 1))}")


def test_partials_are_mine_and_partial_and_there() -> None:
    """In the order that was asked for; foreign ones are not there."""
    one, two = partial(1), partial(2)
    owner = None, "lnk_1"

    assert [two, one, two] == require_partials(["upl_2", "upl_1", "upl_2"], [one, two], owner)
    for found, error in (
        ([], UploadMissing),
        ([partial(1, link_id="lnk_2")], UploadMissing),
        ([partial(1, link_id=None, account_id="acc_1")], UploadMissing),
        ([partial(1, State.CANCELLED)], UploadGone),
        ([partial(1, concat=None)], NotPartial),
        ([partial(1, concat="final;x")], NotPartial),
    ):
        with pytest.raises(error):
            require_partials(["upl_1"], found, owner)


def test_a_final_is_as_long_as_its_partials() -> None:
    """Unknown while one of them is."""
    assert 200 == find_size([partial(1), partial(1)])
    assert None is find_size([partial(1), partial(2, size_bytes=None)])


def test_a_final_is_ready_or_lost_or_waits() -> None:
    """Ready where all are whole; lost where one ended, or was taken and let go."""
    whole, open_one = partial(1), partial(2, State.RECEIVING)
    taken, gone = partial(3, is_spooled=False), partial(4, State.EXPIRED)

    assert (True, False) == (is_ready([whole]), is_lost([whole]))
    assert (False, False) == (is_ready([whole, open_one]), is_lost([whole, open_one]))
    assert (False, True) == (is_ready([whole, taken]), is_lost([whole, taken]))
    assert (False, True) == (is_ready([whole, gone]), is_lost([whole, gone]))


def test_neighbours_in_one_file_are_one_extent() -> None:
    """Empty ones do not count."""
    joined = join_extents(
        [
            Extent("a", 0, 5),
            Extent("b", 0, 0),
            Extent("a", 5, 5),
            Extent("a", 11, 1),
            Extent("b", 12, 3),
        ]
    )

    assert (Extent("a", 0, 10), Extent("a", 11, 1), Extent("b", 12, 3)) == joined
    assert () == join_extents([])


def source(offset: int, *digests: bytes) -> Source:
    """Return a partial of so many bytes, with its blocks."""
    return Source(partial(offset=offset), (), digests)


def test_blocks_move_with_their_partials() -> None:
    """Where each begins at the start of a block."""
    sources = [source(2 * BLOCK_BYTES, b"a", b"b"), source(5, b"c")]

    assert (Block(0, b"a"), Block(1, b"b"), Block(2, b"c")) == shift_blocks(sources)
    assert () == shift_blocks([source(5, b"c"), source(5, b"c")])
    assert () == shift_blocks([source(5)])


def test_a_partial_has_its_place_where_nobody_is() -> None:
    """Before, behind, and where another ended: there in a file of its own."""
    live, dead = Member(10, 20, 30, is_live=True), Member(20, 30, 30, is_live=False)

    assert plan_place(Place("g", 0, 30), 10, [])
    assert plan_place(Place("g", 0, 30), 10, [live, dead])
    assert not plan_place(Place("g", 20, 30), 10, [live, dead])


@pytest.mark.parametrize(
    ("start", "size", "member"),
    [
        (0, None, None),
        (0, 0, None),
        (0, 31, None),
        (21, 10, None),
        (0, 10, Member(20, 30, 31, is_live=True)),
        (10, 10, Member(0, 10, 30, is_live=True, is_taken=True)),
        (9, 2, ONE),
        (0, 10, ONE),
    ],
)
def test_a_place_that_cannot_be_is_refused(
    start: int, size: int | None, member: Member | None
) -> None:
    """Without bytes, beyond the end, of another file, or over another's bytes."""
    with pytest.raises(BadGroup):
        plan_place(Place("g", start, 30), size, [member] if member else [])


def test_a_group_is_whole_without_a_gap() -> None:
    """From the first byte to the last; repeats change nothing."""
    assert is_whole_group([(10, 30), (0, 10), (0, 10)], 30)
    assert not is_whole_group([], 30)
    assert not is_whole_group([(1, 30)], 30)
    assert not is_whole_group([(0, 29)], 30)
    assert not is_whole_group([(0, 10), (11, 30)], 30)


def test_a_place_is_read() -> None:
    """All three words, or none."""
    group = "0123456789abcdef" * 2

    assert None is parse_place(None, None, None)
    assert Place(group, BLOCK_BYTES, 2**40) == parse_place(group, str(BLOCK_BYTES), str(2**40))


@pytest.mark.parametrize(
    "words",
    [
        (None, "0", "1"),
        ("a" * 32, None, "1"),
        ("a" * 32, "0", None),
        ("a" * 31, "0", "1"),
        ("g" * 32, "0", "1"),
        ("a" * 32, "1", "1"),
        ("a" * 32, "x", "1"),
        ("a" * 32, "0", "٣"),
        ("a" * 32, "0", "1" * 16),
    ],
)
def test_a_place_that_cannot_be_read_is_refused(words: tuple[str | None, ...]) -> None:
    """A part of it, or no numbers, or not at the start of a block."""
    with pytest.raises(BadGroup):
        parse_place(*words)


def test_the_file_of_a_group_is_its_owners() -> None:
    """The same group of another is another file; the name holds nothing that a client chose."""
    mine, other = name_group("prj_1 lnk_1", "a" * 32), name_group("prj_1 lnk_2", "a" * 32)

    assert mine != other
    assert mine.endswith(".group")
    assert "aaaa" not in mine
