"""What follows from an event, as the story says it."""

from __future__ import annotations

from rushes.events.event import Event, EventType
from rushes.events.relay import Call, Start
from tests.support.moments import NOON


def fact() -> Event:
    return Event(
        id="evt_1",
        type=EventType.ASSET_CREATED,
        created_at=NOON,
        actor="system",
        subject="ast_1",
        project_id="prj_1",
        data={"content_id": "cnt_1"},
    )


def test_a_start_gives_the_subject_of_the_event() -> None:
    """Nothing more needs to be said for most workflows."""
    assert Call("ingest", "ingest:ast_1:1", ("ast_1",), project_id="prj_1") == Start("ingest").call(
        fact()
    )


def test_a_start_may_name_arguments_recipe_queue_and_priority() -> None:
    """The id holds the first argument and the recipe."""
    start = Start(
        "ladder",
        arguments=lambda event: (str(event.data["content_id"]), 7),
        recipe="r3",
        queue="media",
        priority=30,
    )

    expected = Call("ladder", "ladder:cnt_1:r3", ("cnt_1", 7), "media", 30, "prj_1")

    assert expected == start.call(fact())


def test_nothing_may_follow_from_an_event() -> None:
    """Arguments of None mean: not this one."""
    assert Start("ladder", arguments=lambda _event: None).call(fact()) is None
