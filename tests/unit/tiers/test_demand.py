"""What is brought before anybody asks, in which order, and where it stops."""

from __future__ import annotations

import pytest

from rushes.tiers.demand import AHEAD, DAY, NEW_FOR, Cold, Why, choose, play_rate, room_of
from rushes.tiers.prices import Rates
from tests.support.moments import NOON

GB = 10**9
RATES = Rates(rent=5.8e-18, fill=4.5e-6, read=4e-7, fetch=0, egress=0, penalty=0.001)
FILM = Cold("rnd_1", "prj_1", GB, NOON - 90 * DAY, is_on_ingest=False)


@pytest.mark.covers("M-ST-09", "CF-15")
@pytest.mark.parametrize(
    ("row", "why"),
    [
        (FILM, None),
        (FILM._replace(wanted_at=NOON + AHEAD), Why.SCHEDULED),
        (FILM._replace(wanted_at=NOON + 2 * AHEAD), None),
        (FILM._replace(recent_plays=6), Why.POPULAR),
        (FILM._replace(recent_plays=5), None),
        (FILM._replace(made_at=NOON - NEW_FOR, is_on_ingest=True), Why.RECENT),
        (FILM._replace(made_at=NOON - 8 * DAY, is_on_ingest=True), None),
        (FILM._replace(made_at=NOON), None),
        (FILM._replace(rate=3.0), Why.PREDICTED),
        (FILM._replace(rate=0.1), None),
    ],
)
def test_an_object_is_brought_for_a_reason(row: Cold, why: Why | None) -> None:
    """At the limit of each."""
    found = choose([row], None, RATES, NOON)

    assert ([] if why is None else [("rnd_1", why)]) == found


def test_plays_of_a_neighbour_count_a_little() -> None:
    """Ten a day of one in the same project are enough for the other, and not for a stranger."""
    hot = FILM._replace(object_id="hot", rate=10.0)
    near, far = FILM._replace(object_id="near"), FILM._replace(object_id="far", project_id="prj_2")

    found = [object_id for object_id, _ in choose([near, far, hot], None, RATES, NOON)]

    assert ["hot", "near"] == found


@pytest.mark.covers("M-ST-09")
def test_what_was_scheduled_comes_first_and_what_does_not_fit_is_passed_over() -> None:
    """Of the popular ones the one with more plays for its size."""
    rows = [
        FILM._replace(object_id="new", made_at=NOON, is_on_ingest=True),
        FILM._replace(object_id="large", size_bytes=3 * GB, recent_plays=9, rate=1.0),
        FILM._replace(object_id="small", recent_plays=9, rate=0.5),
        FILM._replace(object_id="tonight", wanted_at=NOON),
    ]

    everything = [object_id for object_id, _ in choose(rows, None, RATES, NOON)]
    some = [object_id for object_id, _ in choose(rows, 3 * GB, RATES, NOON)]

    assert ["tonight", "small", "large", "new"] == everything
    assert ["tonight", "small", "new"] == some


@pytest.mark.covers("M-ST-12")
@pytest.mark.parametrize(
    ("told", "room"),
    [
        ((100, 50, None, 0), 40),
        ((100, 95, None, 0), 0),
        ((None, 95, 10, 2), 7),
        ((100, 50, 10, 9), 0),
        ((None, 5, None, 5), None),
    ],
)
def test_warming_stops_at_90_percent_of_cap_and_budget(
    told: tuple[int | None, int, int | None, int], room: int | None
) -> None:
    """Whichever is less."""
    assert room == room_of(*told)


def test_a_play_counts_half_after_three_days() -> None:
    """One now, one three days ago; a clock that went back makes no play count more."""
    two = play_rate([NOON, NOON - 3 * DAY], NOON)

    assert pytest.approx(1.5 * play_rate([NOON], NOON)) == two
    assert play_rate([NOON], NOON) == play_rate([NOON + DAY], NOON)
