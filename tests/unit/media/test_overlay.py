"""A file within a file: which bytes of the one are those of the other."""

from __future__ import annotations

from rushes.media.overlay import WHOLE, Overlay

OUTER = b"....HEAD..data-and-more"
OVERLAY = Overlay(head_at=4, head_bytes=4, data_at=10)
INNER = b"HEADdata-and-more"


def test_every_range_is_found_where_it_lies() -> None:
    """In the beginning, behind it, over the border, and none at all."""
    size = OVERLAY.size_of(len(OUTER))

    assert len(INNER) == size
    for start in range(size + 1):
        for end in range(start, size + 1):
            parts = OVERLAY.parts_of(start, end)
            assert INNER[start:end] == b"".join(OUTER[at:to] for at, to in parts)
            assert all(at < to for at, to in parts)


def test_a_whole_object_is_one_file() -> None:
    """Its ranges are those that are asked for; none is asked for where there is nothing."""
    assert (9, [(2, 5)], []) == (WHOLE.size_of(9), WHOLE.parts_of(2, 5), WHOLE.parts_of(3, 3))
