"""Of several tries at the same bytes only the newest hands any on."""

from __future__ import annotations

import threading

import pytest

from rushes.stores.store import Broken
from rushes.stores.turns import Turns


def test_a_try_that_wakes_up_late_hands_nothing_on() -> None:
    """What it holds may be wrong, and the newest one's bytes are proved already."""
    taken: list[tuple[bytes, int]] = []
    turns = Turns(lambda piece, at: taken.append((bytes(piece), at)))

    first = turns.begin()
    first(b"a", 0)
    second = turns.begin()
    second(b"b", 0)
    with pytest.raises(Broken):
        first(b"c", 1)
    second(b"d", 1)

    assert [(b"a", 0), (b"b", 0), (b"d", 1)] == taken


def test_a_new_try_waits_for_what_an_older_one_is_putting_down() -> None:
    """Else the older bytes would come to lie over the newer ones."""
    order: list[str] = []
    is_putting, may_end = threading.Event(), threading.Event()

    def put(piece: bytes | memoryview, _at: int) -> None:
        if bytes(piece) == b"old":
            is_putting.set()
            assert may_end.wait(60)
        order.append(bytes(piece).decode())

    turns = Turns(put)
    older = threading.Thread(target=turns.begin(), args=(b"old", 0))
    older.start()
    assert is_putting.wait(60)
    newer = threading.Thread(target=lambda: turns.begin()(b"new", 0))
    newer.start()
    may_end.set()
    for thread in (older, newer):
        thread.join(60)

    assert ["old", "new"] == order
