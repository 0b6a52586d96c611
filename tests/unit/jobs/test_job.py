"""What may befall a job, what is tried again, and which id runs once."""

from __future__ import annotations

import itertools

import pytest

from rushes.errors import Kind
from rushes.jobs import job
from rushes.jobs.job import (
    ENDED,
    LAST_PRIORITY,
    STEPS,
    JobEnded,
    JobState,
    JobStep,
    PriorityRefused,
    Queue,
    StepFailed,
)


@pytest.mark.covers("C-PR-07")
@pytest.mark.parametrize(("state", "step"), [*itertools.product(JobState, JobStep)])
def test_a_step_leads_where_the_table_says_or_raises(state: JobState, step: JobStep) -> None:
    """Each pair is in the table, or refused."""
    if (state, step) in STEPS:
        assert STEPS[state, step] is job.next_state(state, step)
        return

    with pytest.raises(JobEnded, match=f"{state.value} cannot {step.value}"):
        job.next_state(state, step)


def test_an_end_is_final() -> None:
    """No step leads out of a state in which a job ended, and every other state has one."""
    left = {state for state, _ in STEPS}

    assert frozenset() == left & ENDED
    assert set(JobState) - ENDED == left


@pytest.mark.parametrize("step", JobStep)
def test_the_states_before_a_step_are_those_of_the_table(step: JobStep) -> None:
    """What a condition of an UPDATE names is what the table allows."""
    expected = {state for state in JobState if (state, step) in STEPS}

    assert expected == job.states_before(step)


@pytest.mark.covers("S-PR-01")
@pytest.mark.parametrize("kind", Kind)
def test_bad_input_is_not_tried_again(kind: Kind) -> None:
    """What the caller did wrong stays wrong; what was away may come back."""
    expected = kind in {Kind.LOCKED, Kind.UNAVAILABLE, Kind.FULL, Kind.LIMITED, Kind.BROKEN}

    assert expected == job.worth_retrying(kind)


@pytest.mark.parametrize("priority", [1, LAST_PRIORITY])
def test_a_priority_within_the_limits_is_taken(priority: int) -> None:
    """The limits themselves are in."""
    assert priority == job.require_priority(priority)


@pytest.mark.parametrize("priority", [0, -5, LAST_PRIORITY + 1])
def test_a_priority_beyond_the_limits_is_refused(priority: int) -> None:
    """0 would go before everything."""
    with pytest.raises(PriorityRefused):
        job.require_priority(priority)


@pytest.mark.covers("C-PR-03")
def test_queues_are_limited_as_the_settings_say() -> None:
    """Media programs are counted in all, copies in each worker."""
    limits = job.queue_limits(background=3, copies=8)

    assert set(Queue) == set(limits)
    assert (3, 3) == (limits[Queue.MEDIA].in_one_worker, limits[Queue.MEDIA].in_all)
    assert (8, None) == (limits[Queue.COPY].in_one_worker, limits[Queue.COPY].in_all)


def test_a_workflow_id_names_workflow_subject_and_recipe() -> None:
    """So the same work has the same id, whoever asks for it."""
    assert "ladder:ast_1:r3" == job.workflow_id("ladder", "ast_1", "r3")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ladder:ast_1:r3", "ladder:ast_1:r3~2"),
        ("ladder:ast_1:r3~2", "ladder:ast_1:r3~3"),
        ("ladder:ast_1:r3~9", "ladder:ast_1:r3~10"),
        ("odd~name", "odd~name~2"),
    ],
)
def test_each_try_has_an_id_of_its_own(before: str, after: str) -> None:
    """The number counts up; a tilde that is no mark of ours stays."""
    assert after == job.next_try(before)


def test_a_failed_step_keeps_its_code_and_kind() -> None:
    """The workflow decides by them."""
    failure = StepFailed("media.unreadable", Kind.UNUSABLE, "It is no film.")

    assert ("media.unreadable", Kind.UNUSABLE, "It is no film.") == (
        failure.failed_code,
        failure.failed_kind,
        str(failure),
    )
