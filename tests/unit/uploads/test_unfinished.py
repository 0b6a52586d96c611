"""What waits for bytes is told once per file, however it is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from rushes.uploads.unfinished import Piece, gather
from rushes.uploads.upload import Protocol
from tests.support.moments import NOON

LATER = NOON + timedelta(hours=1)
PLAIN = Piece(
    id="upl_1",
    protocol=Protocol.TUS,
    project_id="prj_1",
    account_id="acc_1",
    link_id=None,
    file_name="film.mov",
    size_bytes=100,
    offset=40,
    created_at=NOON,
    updated_at=NOON,
    expires_at=LATER,
    group=None,
    total=None,
)


def test_a_plain_upload_is_told_as_it_is() -> None:
    """Its size, and the bytes that are here."""
    (one,) = gather([PLAIN])

    assert ("upl_1",) == one.ids
    assert (100, 40) == (one.size_bytes, one.received_bytes)


def test_partials_of_one_group_are_one_file() -> None:
    """The size is that of the whole, the bytes are those of all, and the first end counts."""
    first = replace(PLAIN, group="g", total=1_000)
    second = replace(first, id="upl_2", offset=60, updated_at=LATER, expires_at=NOON)

    (one,) = gather([first, second])

    assert ("upl_1", "upl_2") == one.ids
    assert (1_000, 100) == (one.size_bytes, one.received_bytes)
    assert (NOON, LATER, NOON) == (one.begun_at, one.moved_at, one.expires_at)


def test_of_bytes_that_go_past_us_nobody_says_how_many_there_are() -> None:
    """The bucket knows."""
    (one,) = gather([replace(PLAIN, protocol=Protocol.DIRECT, offset=0)])

    assert one.received_bytes is None


def test_what_moved_last_comes_first() -> None:
    """As people look for it."""
    found = gather([PLAIN, replace(PLAIN, id="upl_2", updated_at=LATER)])

    assert [("upl_2",), ("upl_1",)] == [one.ids for one in found]
