"""Which version of a rendition counts, which may go, and what a new recipe makes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from rushes.renditions.plan import Wanted
from rushes.renditions.rendition import Kind, State
from rushes.renditions.versions import (
    Remake,
    core_seconds,
    list_current,
    list_superseded,
    plan_remake,
)

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Row:
    """A version."""

    name: str
    recipe: str
    state: State
    updated_at: datetime = NOON


def want(name: str, recipe: str = "r2") -> Wanted:
    return Wanted(name, Kind.PROXY, f"{name}.mp4", "video/mp4", 100, 50, 4, recipe)


OLD, NEW = Row("360p", "r1", State.READY), Row("360p", "r2", State.READY)
MAKING = Row("360p", "r2", State.MAKING)
REST = Row("720p", "r1", State.RESTING)


def test_what_is_ready_counts_until_a_newer_one_is() -> None:
    """Whatever state the newer one is in before."""
    assert {"360p": OLD, "720p": REST} == list_current([OLD, MAKING, REST])
    assert {"360p": NEW} == list_current([OLD, NEW])
    assert {"360p": MAKING} == list_current([Row("360p", "r1", State.FAILED), MAKING])


def test_an_older_version_may_go_some_time_after_it_was_followed() -> None:
    """Somebody may be watching it; what is not ready was never watched."""
    later = NOON + timedelta(seconds=1)

    assert [OLD] == list_superseded([OLD, NEW, REST], later)
    assert [] == list_superseded([OLD, NEW], NOON)
    assert [] == list_superseded([OLD, MAKING], later)


def test_a_new_recipe_makes_what_no_row_has_by_it() -> None:
    """What is ready stays, what waited by the old recipe is taken back, what rests goes on."""
    waiting = Row("540p", "r1", State.WANTED)
    copied = Row("1080p", "c1", State.READY)
    wanted = [want("360p"), want("540p"), want("720p"), want("1080p", "c1")]

    remake = plan_remake(wanted, [OLD, waiting, REST, copied, Row("poster", "s1", State.READY)])

    assert [("360p", False), ("540p", False), ("720p", True)] == [
        (each.name, each.is_resting) for each in remake.new
    ]
    assert (waiting, REST) == remake.stale
    assert not remake.is_busy


def test_a_second_roll_out_finds_nothing() -> None:
    """However far the first has come."""
    for state in (State.WANTED, State.READY, State.FAILED):
        assert Remake() == plan_remake([want("360p")], [OLD, Row("360p", "r2", state)])


def test_what_is_being_made_is_left_alone() -> None:
    """A later roll-out finds it."""
    making = Row("540p", "r1", State.MAKING)

    assert Remake(is_busy=True) == plan_remake([want("360p"), want("540p")], [OLD, making])


def test_encoding_takes_as_long_as_there_are_pixels() -> None:
    """What rests costs nothing."""
    resting = Wanted(
        "720p", Kind.PROXY, "720p.mp4", "video/mp4", 1280, 720, 4, "r2", is_resting=True
    )
    full = Wanted("1080p", Kind.PROXY, "1080p.mp4", "video/mp4", 1920, 1080, 4, "r2")

    taken = core_seconds([resting, full], Fraction(30), Fraction(60))

    assert taken == 1920 * 1080 * 30 * 60 / 29_000_000
