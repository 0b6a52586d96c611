"""What is tried again, when, and for how long."""

from __future__ import annotations

import pytest

from rushes.client.failures import ClientFailure, Refused, Unreachable, Unsettled, WrongDigest
from rushes.client.patience import LONGEST_NAMED, Patience, may_go_better

NO = Unreachable("No answer.")


def refused(status: int, retry_after: float | None = None) -> Refused:
    """Return a refusal."""
    return Refused(status, "x", "No.", retry_after=retry_after)


@pytest.mark.covers("S-UP-13")
def test_pauses_double_from_one_second_and_spread_over_their_whole_length() -> None:
    """Full jitter: from none to all of it; the third failure is the last."""
    patience = Patience()

    assert 1.0 == patience.find_pause(NO, 0, 1.0)
    assert 0.5 == patience.find_pause(NO, 1, 0.25)
    with pytest.raises(Unreachable):
        patience.find_pause(NO, 2, 1.0)


def test_progress_makes_the_count_begin_anew() -> None:
    """Two failures, a byte, two failures: that goes on."""
    patience = Patience()
    patience.find_pause(NO, 0, 1.0)
    patience.find_pause(NO, 1, 1.0)

    patience.restore()

    assert [1.0, 2.0] == [patience.find_pause(NO, now, 1.0) for now in (2, 3)]


def test_a_server_out_of_reach_is_waited_for_as_long_as_asked() -> None:
    """Pauses grow to 30 seconds; a refusal gets three tries all the same."""
    patience = Patience(offline_seconds=100)

    pauses = [patience.find_pause(NO, now, 1.0) for now in (0, 1, 3, 7, 15, 31, 61, 99)]

    assert [1, 2, 4, 8, 16, 30, 30, 30] == pauses
    with pytest.raises(Unreachable):
        patience.find_pause(NO, 100, 1.0)
    with pytest.raises(Refused):
        patience.find_pause(refused(503), 99, 1.0)


@pytest.mark.parametrize(("named", "pause"), [(None, 1.0), (0.5, 1.0), (40.0, 40.0)])
def test_what_the_server_names_counts_where_it_is_longer(named: float | None, pause: float) -> None:
    """Retry-After, in seconds."""
    assert pause == Patience().find_pause(refused(429, named), 0, 1.0)


def test_a_server_cannot_name_an_endless_pause() -> None:
    """Ten minutes is the most."""
    assert LONGEST_NAMED == Patience().find_pause(refused(503, 1e9), 0, 1.0)


@pytest.mark.parametrize("status", [408, 423, 425, 429, 500, 502, 503, 507])
def test_these_answers_are_worth_another_try(status: int) -> None:
    """The server may think otherwise in a moment."""
    assert may_go_better(refused(status))


@pytest.mark.parametrize(
    "failure",
    [refused(status) for status in (400, 401, 403, 404, 409, 410, 413, 415, 422)]
    + [WrongDigest("x"), ClientFailure("y")],
)
def test_no_other_failure_is_tried_again(failure: ClientFailure) -> None:
    """It is raised as it is."""
    with pytest.raises(type(failure)) as caught:
        Patience().find_pause(failure, 0, 1.0)

    assert failure is caught.value


def test_a_part_that_is_unsettled_is_tried_again() -> None:
    """Whatever its status."""
    assert 1.0 == Patience().find_pause(Unsettled.of(refused(409)), 0, 1.0)
