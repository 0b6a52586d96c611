"""Pace: silence, trickles, and the time that we keep a sender waiting."""

from __future__ import annotations

import pytest

from rushes.uploads.pace import WINDOW_SECONDS, Pace

RATE = 1024
ENOUGH = int(RATE * WINDOW_SECONDS)


def pace(stall_seconds: float = 60) -> Pace:
    """Begin at second 100."""
    return Pace(100, stall_seconds, RATE)


@pytest.mark.parametrize(("now", "is_late"), [(100, False), (159.9, False), (160, True)])
def test_silence_ends_a_sender_at_its_limit(now: float, is_late: bool) -> None:  # noqa: FBT001
    """Nothing came at all."""
    assert is_late is pace().is_late(now)


@pytest.mark.parametrize(
    ("count", "is_late"), [(1, True), (ENOUGH - 1, True), (ENOUGH, False), (0, False)]
)
def test_a_trickle_is_judged_over_a_window(count: int, is_late: bool) -> None:  # noqa: FBT001
    """Less than the rate is too slow; nothing at all is silence, which has its own limit."""
    slow = pace()
    slow.move(129, count)

    assert is_late is slow.is_late(130)


def test_each_window_counts_anew() -> None:
    """What came in the last one says nothing about this one."""
    sender = pace()
    sender.move(110, 10 * ENOUGH)
    assert not sender.is_late(130)
    sender.move(159, 5)

    assert not sender.is_late(159)
    assert sender.is_late(160)


def test_any_pace_is_taken_where_no_rate_is_set() -> None:
    """Rate 0."""
    sender = Pace(100, 60, 0)
    sender.move(129, 1)

    assert not sender.is_late(130)


def test_no_time_passes_while_we_keep_it_waiting() -> None:
    """Both clocks go on where they stood; a second hold changes nothing."""
    sender = pace()
    sender.move(110, 7)

    sender.hold(115)
    sender.hold(500)
    held = (sender.is_held, sender.is_late(1_000), sender.silent_seconds(1_000))
    sender.release(1_115)
    sender.release(2_000)

    assert (True, False, 0.0) == held
    assert not sender.is_held
    assert 5 == sender.silent_seconds(1_115)
    assert not sender.is_late(1_129)
    assert sender.is_late(1_130)


def test_it_tells_when_to_look_again() -> None:
    """At the end of the window or of the silence, whichever is first; never in the past."""
    quiet, held = pace(stall_seconds=10), pace()
    held.hold(100)

    assert 6 == quiet.next_look(104)
    assert 0 == quiet.next_look(111)
    assert WINDOW_SECONDS - 4 == pace().next_look(104)
    assert WINDOW_SECONDS == held.next_look(1_000)
