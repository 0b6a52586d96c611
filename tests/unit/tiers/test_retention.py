"""What leaves the edge, and what never does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rushes.tiers.retention import FOREVER, Doubt, Held, Kept, Reason, Usage, plan
from rushes.tiers.rules import DAY, PRESETS, TB, Kind, Preset, Rules
from tests.support.moments import NOON

GB = 10**9
HOUR = timedelta(hours=1)
MOMENT = timedelta(microseconds=1)
RULES = PRESETS[Preset.DEFAULT]
CALM = Usage(held_bytes=0, planned_at=NOON - 6 * HOUR)

FILM = Held(
    placement_id="plc_1",
    object_id="rnd_1",
    content_id="cnt_1",
    kind=Kind.VIDEO,
    quality="720p",
    project_id="prj_1",
    size_bytes=GB,
    arrived_at=NOON - 100 * DAY,
    last_access_at=None,
    pinned_until=None,
    is_archived=True,
)


@pytest.mark.covers("T-LI-01", "M-ST-10")
@pytest.mark.parametrize(
    ("quality", "days"), [("360p", 30), ("540p", 30), ("720p", 14), ("1080p", 7), ("2160p", 7)]
)
def test_what_was_not_read_for_the_days_of_its_quality_goes(quality: str, days: int) -> None:
    """At the limit it stays; a moment beyond it goes."""
    just = FILM._replace(quality=quality, last_access_at=NOON - days * DAY)
    beyond = just._replace(placement_id="plc_2", last_access_at=NOON - days * DAY - MOMENT)

    found = plan([just, beyond], RULES, CALM, NOON)

    assert [("plc_2", Reason.UNREAD)] == found.evict


@pytest.mark.covers("M-JOB-06")
@pytest.mark.parametrize("last_access", [None, NOON - 200 * DAY])
def test_age_counts_from_the_later_of_access_and_arrival(last_access: datetime | None) -> None:
    """What came back yesterday and was not read since is one day old."""
    row = FILM._replace(arrived_at=NOON - 13 * DAY, last_access_at=last_access)

    found = plan([row], RULES, CALM, NOON)

    assert [] == found.evict


KEPT: tuple[tuple[Kept, Held], ...] = (
    (Kept.NOT_ARCHIVED, FILM._replace(is_archived=False)),
    (Kept.PINNED, FILM._replace(pinned_until=NOON + MOMENT)),
    (Kept.PINNED, FILM._replace(pinned_until=FOREVER)),
    (Kept.SMALL, FILM._replace(size_bytes=2**20 - 1)),
    (Kept.ALWAYS, FILM._replace(kind=Kind.STILL, quality=None)),
    (Kept.WATCHED, FILM._replace(last_access_at=NOON - DAY)),
    (Kept.WATCHED, FILM._replace(keep_for=101 * DAY)),
)


@pytest.mark.covers("M-ST-06", "M-ST-07", "T-OR-05")
@pytest.mark.parametrize(("reason", "row"), KEPT)
def test_an_object_stays_for_a_reason(reason: Kept, row: Held) -> None:
    """The plan counts what stays by its reason."""
    found = plan([row], RULES, CALM, NOON)

    assert ([], 1) == (found.evict, found.kept[reason])


def test_a_pin_that_has_ended_keeps_nothing() -> None:
    """At its very end."""
    found = plan([FILM._replace(pinned_until=NOON)], RULES, CALM, NOON)

    assert [("plc_1", Reason.UNREAD)] == found.evict


@pytest.mark.covers("M-ST-07", "CF-15")
@pytest.mark.parametrize(
    ("reason", "row"),
    [
        (Kept.NEW, FILM._replace(arrived_at=NOON - 2 * DAY)),
        (Kept.POPULAR, FILM._replace(recent_plays=6)),
    ],
)
def test_what_is_new_or_popular_outlives_short_days(reason: Kept, row: Held) -> None:
    """Days may be shorter than three; five plays are not enough."""
    rules = replace(RULES, by_quality={}, otherwise=DAY)

    found = plan([row, FILM._replace(recent_plays=5)], rules, CALM, NOON)

    assert (1, 1) == (len(found.evict), found.kept[reason])


@pytest.mark.covers("M-ST-12")
@pytest.mark.parametrize(
    ("share", "days"),
    [(0.70, 14.0), (0.71, 10.5), (0.80, 10.5), (0.81, 7.0), (0.90, 7.0), (0.91, 3.5), (0.95, 3.5)],
)
def test_a_fuller_tier_waits_less_long(share: float, days: float) -> None:
    """Days count 0.75, 0.5 and 0.25 from 70, 80 and 90 % on."""
    usage = replace(CALM, held_bytes=int(share * TB))
    just = FILM._replace(last_access_at=NOON - days * DAY)
    beyond = just._replace(placement_id="plc_2", last_access_at=NOON - days * DAY - MOMENT)
    reason = Reason.UNREAD if days == 14 else Reason.CROWDED

    found = plan([just, beyond], RULES, usage, NOON)

    assert [("plc_2", reason)] == found.evict


def watched(count: int, first: timedelta, step: timedelta) -> list[Held]:
    return [
        FILM._replace(
            placement_id=f"plc_{number}",
            quality="360p",
            last_access_at=NOON - first - number * step,
        )
        for number in range(count)
    ]


@pytest.mark.covers("M-ST-10", "M-ST-12")
def test_above_95_percent_the_oldest_go_until_90_percent_is_left() -> None:
    """Of 96 GB in 100, the six that were read longest ago."""
    rules = replace(RULES, cap_bytes=100 * GB)
    rows = watched(96, DAY + MOMENT, HOUR)

    found = plan(rows, rules, Usage(96 * GB, NOON), NOON)

    oldest = [f"plc_{number}" for number in range(95, 89, -1)]
    assert [(name, Reason.OLDEST) for name in oldest] == found.evict
    assert (6 * GB, 90) == (found.leaving.size_bytes, found.kept[Kept.WATCHED])


def test_what_the_days_take_counts_before_the_oldest() -> None:
    """Where that is enough, nothing else goes."""
    rules = replace(RULES, cap_bytes=100 * GB)
    unread = [FILM._replace(placement_id=f"old_{number}") for number in range(6)]

    found = plan([*watched(90, DAY + MOMENT, HOUR), *unread], rules, Usage(96 * GB, NOON), NOON)

    assert {Reason.CROWDED} == {reason for _, reason in found.evict}
    assert 6 == len(found.evict)


@pytest.mark.parametrize("row", [row for reason, row in KEPT if reason is not Kept.WATCHED])
def test_a_full_tier_takes_nothing_that_must_stay(row: Held) -> None:
    """Not even at twice its cap."""
    rules = replace(RULES, cap_bytes=GB)

    found = plan([row], rules, Usage(2 * GB, NOON), NOON)

    assert [] == found.evict


@pytest.mark.parametrize(("share", "grace"), [(1.0, DAY), (1.01, HOUR)])
def test_the_grace_is_a_day_and_above_the_cap_an_hour(share: float, grace: timedelta) -> None:
    """What was read within it stays although there is no room."""
    rules = replace(RULES, cap_bytes=100 * GB)
    rows = [
        FILM._replace(placement_id="just", last_access_at=NOON - grace),
        FILM._replace(placement_id="beyond", last_access_at=NOON - grace - MOMENT),
    ]

    found = plan(rows, rules, Usage(int(share * 100 * GB), NOON), NOON)

    assert [("beyond", Reason.OLDEST)] == found.evict


def test_without_a_cap_only_the_days_count() -> None:
    """However much is there."""
    rules = replace(RULES, cap_bytes=None)

    found = plan(watched(2, DAY, DAY), rules, Usage(10**18, NOON), NOON)

    assert [] == found.evict


def test_a_window_of_its_own_wins_over_the_days() -> None:
    """It is what the plays of this object say."""
    row = FILM._replace(last_access_at=NOON - 3 * DAY, keep_for=2 * DAY)

    found = plan([row], RULES, CALM, NOON)

    assert [("plc_1", Reason.NOT_WORTH)] == found.evict


@pytest.mark.parametrize(
    ("doubts", "usage"),
    [
        ((Doubt.FIRST_RUN,), Usage(0)),
        ((), CALM),
        ((), replace(CALM, planned_at=NOON - 90 * DAY)),
        ((), replace(CALM, clock_moved=DAY)),
        ((Doubt.CLOCK_MOVED,), replace(CALM, clock_moved=DAY + MOMENT)),
        ((Doubt.CLOCK_MOVED,), replace(CALM, clock_moved=-DAY - MOMENT)),
        ((Doubt.CLOCK_MOVED,), replace(CALM, planned_at=NOON + DAY + MOMENT)),
    ],
)
def test_a_person_confirms_what_is_out_of_the_ordinary(
    doubts: tuple[Doubt, ...], usage: Usage
) -> None:
    """The first plan, and one by a clock that moved."""
    found = plan([], RULES, usage, NOON)

    assert (doubts, bool(doubts)) == (found.doubts, found.needs_confirming)


@pytest.mark.parametrize(("going", "doubts"), [(1, ()), (2, (Doubt.MANY_OBJECTS,))])
def test_a_person_confirms_a_plan_over_more_than_a_fifth(
    going: int, doubts: tuple[Doubt, ...]
) -> None:
    """One of five is a fifth."""
    rows = [FILM] * going + [FILM._replace(last_access_at=NOON)] * (5 - going)

    found = plan(rows, RULES, CALM, NOON)

    assert doubts == found.doubts


def test_an_access_in_the_future_means_that_the_clock_moved() -> None:
    """Else all that was read before it went back would seem fresh, or the contrary."""
    row = FILM._replace(last_access_at=NOON + DAY + MOMENT)

    assert (Doubt.CLOCK_MOVED,) == plan([row], RULES, CALM, NOON).doubts


def test_the_plan_says_what_it_is_worth() -> None:
    """Counts, bytes, and dollars a month."""
    rows = [FILM._replace(size_bytes=2 * GB), FILM._replace(last_access_at=NOON)]

    found = plan(rows, RULES, replace(CALM, price=Decimal("0.015")), NOON)

    assert (2, 3 * GB) == (found.held.objects, found.held.size_bytes)
    assert (1, 2 * GB) == (found.leaving.objects, found.leaving.size_bytes)
    assert found.by_reason[Reason.UNREAD] == found.leaving
    assert Decimal("0.030") == found.saving


ages = st.integers(0, 60 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))
moments = ages.map(lambda age: NOON - age)


@st.composite
def rows(draw: Callable[[st.SearchStrategy[object]], object]) -> list[Held]:
    """Return up to 12 objects in any state."""
    one = st.builds(
        Held,
        placement_id=st.uuids().map(str),
        object_id=st.just("rnd"),
        content_id=st.just("cnt"),
        kind=st.sampled_from(Kind),
        quality=st.sampled_from([None, "360p", "720p", "2160p"]),
        project_id=st.sampled_from([None, "prj_a", "prj_b"]),
        size_bytes=st.integers(0, 20 * GB),
        arrived_at=moments,
        last_access_at=st.none() | moments,
        pinned_until=st.sampled_from([None, NOON, NOON + DAY, FOREVER]),
        is_archived=st.booleans(),
        recent_plays=st.integers(0, 9),
        keep_for=st.none() | ages,
    )
    found = draw(st.lists(one, max_size=12))
    assert isinstance(found, list)
    return found


a_rule = st.builds(
    replace,
    st.sampled_from(list(PRESETS.values())),
    cap_bytes=st.none() | st.integers(GB, 200 * GB),
    by_project=st.dictionaries(st.sampled_from(["prj_a", "prj_b"]), st.none() | ages),
)


@settings(max_examples=40, deadline=None)
@given(rows(), a_rule, st.floats(0.5, 3))
def test_no_plan_names_what_is_pinned_not_archived_or_within_grace(
    held: list[Held], rules: Rules, doubling: float
) -> None:
    """Whatever the rules, however full the tier."""
    total = int(sum(row.size_bytes for row in held) * doubling)

    found = plan(held, rules, Usage(total, NOON), NOON)

    chosen = {placement_id for placement_id, _ in found.evict}
    for row in held:
        since = max(row.arrived_at, row.last_access_at or row.arrived_at)
        is_pinned = row.pinned_until is not None and row.pinned_until > NOON
        is_graced = since >= NOON - rules.grace_when_full
        if is_pinned or is_graced or not row.is_archived:
            assert row.placement_id not in chosen


@settings(max_examples=40, deadline=None)
@given(rows(), a_rule)
def test_what_goes_and_what_stays_are_all_that_is_held(held: list[Held], rules: Rules) -> None:
    """Every object is counted once, and no placement goes twice."""
    total = sum(row.size_bytes for row in held)

    found = plan(held, rules, Usage(total, NOON), NOON)

    assert len(held) == len(found.evict) + sum(found.kept.values())
    assert len({name for name, _ in found.evict}) == len(found.evict)
    assert found.leaving.objects == len(found.evict)
    assert (len(held), total) == (found.held.objects, found.held.size_bytes)
