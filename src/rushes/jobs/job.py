"""A job: one recorded run of a workflow, as people see it.

    waiting --start--> running --succeed--> succeeded
       ^                 | |
       +------wait-------+ +--fail--> failed      (both may also be failed or cancelled)

1. An end is final: a retry is a job of its own.
2. Whether a failed step is worth another try is decided by the kind of its error, never by words.
3. Low priorities go first; 0 would go before everything and is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from rushes.errors import Fact, Kind, RushesError
from rushes.steps import After

ATTEMPTS: Final = 3
FIRST_PAUSE: Final = timedelta(seconds=2)
"""Between the first and the second attempt; each next pause is twice as long."""

MAX_LOST: Final = 5
"""A workflow that lost this many workers is not tried again."""

RAISED: Final = 5
FIRST_RUNG: Final = 10
BY_HAND: Final = 20
LADDER: Final = 30
UNASKED: Final = 50
"""Priorities: raised by somebody, the first rung, asked by hand, the ladder, everything else."""

LAST_PRIORITY: Final = 2**31 - 1


class JobState(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobStep(StrEnum):
    """What can befall a job."""

    START = "start"
    WAIT = "wait"
    SUCCEED = "succeed"
    FAIL = "fail"
    CANCEL = "cancel"


STEPS: Final[Mapping[tuple[JobState, JobStep], JobState]] = {
    (JobState.WAITING, JobStep.START): JobState.RUNNING,
    (JobState.WAITING, JobStep.FAIL): JobState.FAILED,
    (JobState.WAITING, JobStep.CANCEL): JobState.CANCELLED,
    (JobState.RUNNING, JobStep.START): JobState.RUNNING,  # another worker took it over
    (JobState.RUNNING, JobStep.WAIT): JobState.WAITING,
    (JobState.RUNNING, JobStep.SUCCEED): JobState.SUCCEEDED,
    (JobState.RUNNING, JobStep.FAIL): JobState.FAILED,
    (JobState.RUNNING, JobStep.CANCEL): JobState.CANCELLED,
}

ENDED: Final = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED})


class Queue(StrEnum):
    """Where queued work waits; started work waits nowhere."""

    MEDIA = "media"
    COPY = "copy"
    TELL = "tell"
    UPKEEP = "upkeep"


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """How much of a queue runs at once, and how often it is looked at."""

    in_one_worker: int
    in_all: int | None
    poll_seconds: float


TROUBLE: Final = ("exit_code", "signal", "tool", "tool_version", "box")
"""What is kept of a tool that failed, beside its last words."""

LAST_WORDS: Final = "last_words"


@dataclass(frozen=True, slots=True)
class Job:
    """One run of a workflow; `progress` goes from 0 to 1.

    `box` is how much the tools of its worker are shut in, `trouble` what is known of one that
    failed.
    """

    id: str
    workflow: str
    subject: str
    state: JobState
    created_at: datetime
    updated_at: datetime
    project_id: str | None = None
    stage: str = ""
    progress: float = 0.0
    is_cancel_requested: bool = False
    error_code: str | None = None
    error_detail: str | None = None
    last_words: str | None = None
    worker: str | None = None
    box: str | None = None
    trouble: Mapping[str, Fact] | None = None


class JobUnknown(RushesError):
    """There is no such job, or it is not the caller's to see."""

    code = "job.unknown"
    kind = Kind.MISSING


class JobEnded(RushesError):
    """The job has come to its end; nothing can be done to it any more."""

    code = "job.ended"
    kind = Kind.CONFLICT


class JobNotEnded(RushesError):
    """A job that still waits or runs cannot be tried again."""

    code = "job.not_ended"
    kind = Kind.CONFLICT


class JobNotWaiting(RushesError):
    """Only a job that waits in a queue of its own can be raised."""

    code = "job.not_waiting"
    kind = Kind.CONFLICT


class PriorityRefused(RushesError):
    """The priority is none of 1 to 2,147,483,647."""

    code = "job.priority_refused"
    kind = Kind.INVALID


class StepTimedOut(RushesError):
    """A step took longer than it may."""

    code = "job.step_timed_out"
    kind = Kind.UNAVAILABLE


class StepFailed(RushesError):
    """A step or a child of a workflow failed; `failed_code` says with which error.

    The same whether it failed just now or is remembered from before a restart.
    """

    code = "job.step_failed"
    kind = Kind.BROKEN

    def __init__(self, failed_code: str, failed_kind: Kind, message: str, **facts: Fact) -> None:
        super().__init__(message)
        self.facts = facts
        self.failed_code = failed_code
        self.failed_kind = failed_kind


_WORTH_RETRYING: Final = frozenset(
    {Kind.LOCKED, Kind.UNAVAILABLE, Kind.FULL, Kind.LIMITED, Kind.BROKEN}
)


def worth_retrying(kind: Kind) -> bool:
    """Say whether another try may go better: never for bad input or a missing permission."""
    return kind in _WORTH_RETRYING


next_state: Final = After("A job", STEPS, JobEnded)
"""The state after a step; the table decides."""


def states_before(step: JobStep) -> frozenset[JobState]:
    """Return the states from which the step may be taken."""
    return frozenset(state for state, taken in STEPS if taken is step)


def require_priority(priority: int) -> int:
    """Return the priority.

    Raises:
        PriorityRefused: it is 0 or below, which would go before everything, or too large.
    """
    if not 1 <= priority <= LAST_PRIORITY:
        raise PriorityRefused(f"A priority lies between 1 and {LAST_PRIORITY:,}, not {priority}.")
    return priority


def queue_limits(background: int, copies: int) -> Mapping[Queue, QueueLimits]:
    """Return the limits of every queue.

    Always both limits where a total counts: a cancelled job frees its place in all before its
    program is gone, and the place in its worker after.

    Args:
        background: media programs at once over all workers.
        copies: copies between tiers at once in one worker.
    """
    return {
        Queue.MEDIA: QueueLimits(background, background, 0.5),
        Queue.COPY: QueueLimits(copies, None, 0.5),
        Queue.TELL: QueueLimits(20, None, 1.0),
        Queue.UPKEEP: QueueLimits(1, 1, 5.0),
    }


def workflow_id(workflow: str, subject: str, recipe: str) -> str:
    """Return the id under which this work runs once for ever: `ladder:ast_1:r3`."""
    return f"{workflow}:{subject}:{recipe}"


def next_try(job_id: str) -> str:
    """Return the id of the job that tries again: `ladder:ast_1:r3`, then `...r3~2`, `...r3~3`."""
    first, mark, number = job_id.rpartition("~")
    if mark and number.isdecimal():
        return f"{first}~{int(number) + 1}"
    return f"{job_id}~2"
