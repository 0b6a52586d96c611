"""What is remembered of an upload holds only while nobody else has touched it."""

from __future__ import annotations

from dataclasses import replace

from rushes.uploads import memory
from rushes.uploads.blocks import Hashing
from rushes.uploads.memory import Memory
from tests.support.an_upload import upload


def hashing(size_bytes: int) -> Hashing:
    running = Hashing()
    running.update(memoryview(bytes(size_bytes)))
    return running


def test_a_known_upload_is_found_with_its_running_digest() -> None:
    """And with what is wrong with its file."""
    known, running = Memory(), hashing(40)

    known.keep(upload(), running, is_spoiled=True)

    found = known.find(upload())
    assert found is not None
    assert (running, True) == (found.hashing, found.is_spoiled)


def test_another_offset_or_fence_is_another_upload() -> None:
    """Somebody else wrote in the meantime."""
    known = Memory()
    known.keep(upload(), hashing(40))

    found = [known.find(upload(offset=41)), known.find(upload(fence=1))]

    assert [None, None] == found


def test_a_digest_that_stands_elsewhere_is_not_kept() -> None:
    """It belongs to bytes that were thrown away."""
    known = Memory()

    known.keep(upload(), hashing(41))

    found = known.find(upload())
    assert found is not None
    assert found.hashing is None


def test_what_is_forgotten_is_not_found() -> None:
    """Also if it was never known."""
    known = Memory()
    known.keep(upload(), None)

    known.forget("upl_1")
    known.forget("upl_2")

    assert known.find(upload()) is None


def test_the_one_that_rested_longest_makes_room() -> None:
    """Memory does not grow with the number of uploads."""
    known = Memory()
    for number in range(memory.MOST + 1):
        known.keep(replace(upload(), id=f"upl_{number}"), None)

    assert known.find(upload(id="upl_0")) is None
    assert known.find(upload(id="upl_1")) is not None
