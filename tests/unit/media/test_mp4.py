"""Boxes: found where they are, and nothing but InvalidMedia where they are not."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rushes.media import mp4
from rushes.media.failures import InvalidMedia

INNER = mp4.make("aaaa", b"1") + mp4.make("bbbb", mp4.make_full("cccc", 1, 2, b"xy"))
TREE = mp4.make("root", INNER) + mp4.make("free")


def test_boxes_are_found_by_path() -> None:
    """The first of its name, at each step."""
    box = mp4.find(TREE, "root/bbbb/cccc")

    assert (1, 2, box.body + 4) == mp4.read_full(TREE, box)
    assert b"xy" == TREE[box.body + 4 : box.end]
    assert 14 == box.size_bytes
    assert ["root", "free"] == [each.kind for each in mp4.walk(TREE)]
    assert mp4.has(TREE, "root/aaaa")
    assert not mp4.has(TREE, "root/cccc")
    assert not mp4.has(TREE, "root/aaa")


def test_a_missing_box_is_named() -> None:
    """The message says which."""
    with pytest.raises(InvalidMedia, match="dddd"):
        mp4.find(TREE, "root/dddd")


def test_sizes_of_64_bits_and_to_the_end_are_read() -> None:
    """Both forms of ISO 14496-12 section 4.2."""
    wide = struct.pack(">I4sQ", 1, b"wide", 20) + b"1234"
    rest = struct.pack(">I4s", 0, b"rest") + b"12"

    assert [(0, 16, 20), (20, 28, 30)] == [
        (box.start, box.body, box.end) for box in mp4.walk(wide + rest)
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0\0",
        struct.pack(">I4s", 9, b"long"),
        struct.pack(">I4s", 7, b"tiny"),
        struct.pack(">I4s", 1, b"wide") + b"\0\0\0",
        struct.pack(">I4sQ", 1, b"wide", 15),
    ],
)
def test_a_malformed_box_is_refused(data: bytes) -> None:
    """Whatever is wrong with its size."""
    with pytest.raises(InvalidMedia):
        list(mp4.walk(data))


def test_endless_boxes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is not walked for ever."""
    monkeypatch.setattr(mp4, "BOXES_AT_MOST", 10)
    with pytest.raises(InvalidMedia):
        list(mp4.walk(mp4.make("free") * (mp4.BOXES_AT_MOST + 1)))


@pytest.mark.parametrize(("offset", "end"), [(-1, 8), (5, 8), (0, 3)])
def test_no_field_is_read_beyond_its_box(offset: int, end: int) -> None:
    """Neither before nor after."""
    with pytest.raises(InvalidMedia):
        mp4.unpack("I", b"12345678", offset, end)


def test_numbers_that_do_not_fit_are_refused() -> None:
    """Rather than cut."""
    assert b"\0\1" == mp4.pack("H", 1)
    with pytest.raises(InvalidMedia):
        mp4.pack("H", 65_536)


def test_a_box_above_four_gigabytes_has_a_wide_size() -> None:
    """Its size stands in 64 bits."""
    size = (1 << 32) - 8

    class Large(bytes):
        """As long as four gigabytes, and empty."""

        def __len__(self) -> int:
            return size

    made = mp4.make("mdat", Large())

    assert struct.pack(">I4sQ", 1, b"mdat", size + 16) == made[:16]


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_garbage_raises_nothing_else(data: bytes) -> None:
    """Any bytes are boxes or InvalidMedia."""
    try:
        for box in mp4.walk(data):
            mp4.find(data, "moov/trak", box.body, box.end)
    except InvalidMedia:
        pass
