"""The engine from outside a workflow: look, cancel, ask again, hand back, forget.

It needs the engine's database alone, so a process that runs no work has one as well. Its calls
block: ask them from a thread. It is the second half of the seam over DBOS (`jobs.engine`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dbos import DBOSClient, DBOSPortableJSONSerializer, SetWorkflowID, WorkflowStatus, error

from rushes.errors import Kind, RushesError
from rushes.jobs.engine import NAME, VERSION
from rushes.jobs.job import require_priority
from rushes.settings import Settings

PURGE_LOT: Final = 1_000


class EngineRefused(RushesError):
    """The engine could not do what it was asked for."""

    code = "job.engine_refused"
    kind = Kind.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Held:
    """A workflow that a worker holds, or held when it was lost."""

    id: str
    executor_id: str
    queue: str | None


@dataclass(frozen=True, slots=True)
class StepSeen:
    """A checkpointed step of a workflow; times are seconds since 1970."""

    number: int
    name: str
    failed_code: str | None
    started: float | None
    ended: float | None


class Remote:
    """A look into the engine's database, and a hand."""

    def __init__(self, settings: Settings) -> None:
        self._client = DBOSClient(
            system_database_url=settings.engine_url,
            serializer=DBOSPortableJSONSerializer(),
            application_name=NAME,
            lazy=True,
        )

    def close(self) -> None:
        """Close its connections."""
        self._client.destroy()

    def list_held(self, executor_id: str | None = None) -> list[Held]:
        """Return the running workflows of a worker, or of all of them."""
        found = self._client.list_workflows(
            status="PENDING", executor_id=executor_id, load_input=False, load_output=False
        )
        return [Held(one.workflow_id, one.executor_id or "", one.queue_name) for one in found]

    def list_dead(self) -> list[str]:
        """Return the workflows that were given up because they stopped too many workers."""
        found = self._client.list_workflows(
            status="MAX_RECOVERY_ATTEMPTS_EXCEEDED", load_input=False, load_output=False
        )
        return [one.workflow_id for one in found]

    def hand_back(self, held: Held) -> None:
        """Put a workflow whose worker is gone back where others find it, with its limits."""
        with _asking():
            self._client.resume_workflow(held.id, queue_name=held.queue)

    def cancel(self, job_id: str) -> None:
        """Cancel a workflow and all that it started."""
        with _asking():
            self._client.cancel_workflow(job_id, cancel_children=True)

    def family(self, job_id: str) -> list[str]:
        """Return the ids of the workflow and of all that it started."""
        found, parents = [job_id], [job_id]
        while parents:
            children = self._client.list_workflows(
                parent_workflow_id=parents, load_input=False, load_output=False
            )
            parents = [one.workflow_id for one in children if one.workflow_id not in found]
            found.extend(parents)
        return found

    def list_steps(self, job_id: str) -> list[StepSeen]:
        """Return the steps that were taken, in order."""
        return [
            StepSeen(
                number=step["function_id"],
                name=step["function_name"],
                failed_code=None if step["error"] is None else _code(step["error"]),
                started=_seconds(step["started_at_epoch_ms"]),
                ended=_seconds(step["completed_at_epoch_ms"]),
            )
            for step in self._client.list_workflow_steps(job_id)
        ]

    def try_again(self, job_id: str, new_id: str) -> None:
        """Run the workflow under a new id from its first failed step on; what was done stays."""
        steps = self.list_steps(job_id)
        failed = [step.number for step in steps if step.failed_code is not None]
        begin = failed[0] if failed else len(steps) + 1
        old = self._find(job_id)
        with _asking(), SetWorkflowID(new_id):
            self._client.fork_workflow(
                job_id,
                begin,
                application_version=VERSION,
                queue_name=None if old is None else old.queue_name,
            )

    def find_waiting_queue(self, job_id: str) -> str | None:
        """Return the queue where a workflow that nobody waits for lies; None for any other."""
        one = self._find(job_id)
        if one is None or one.status not in {"ENQUEUED", "DELAYED"} or one.parent_workflow_id:
            return None
        return one.queue_name

    def ask_again(self, job_id: str, new_id: str, queue: str, priority: int) -> None:
        """Let a workflow that waits wait under a new id, with another priority."""
        old = self._find(job_id)
        if old is None or old.input is None:
            return
        self._client.enqueue(
            {
                "workflow_name": old.name,
                "queue_name": queue,
                "workflow_id": new_id,
                "priority": require_priority(priority),
            },
            *old.input["args"],
        )
        self._client.cancel_workflow(job_id)

    def purge(self, done_before: datetime, failed_before: datetime) -> int:
        """Forget what the engine keeps of workflows that ended before; return how many."""
        gone = 0
        for states, before in (
            (["SUCCESS", "CANCELLED"], done_before),
            (["ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"], failed_before),
        ):
            while lot := self._client.list_workflows(
                status=states,
                completed_before=before.isoformat(),
                limit=PURGE_LOT,
                load_input=False,
                load_output=False,
            ):
                self._client.delete_workflows([one.workflow_id for one in lot])
                gone += len(lot)
        return gone

    def _find(self, job_id: str) -> WorkflowStatus | None:
        found = self._client.list_workflows(workflow_ids=[job_id], load_output=False)
        return found[0] if found else None


@contextmanager
def _asking() -> Iterator[None]:
    """Turn the engine's refusals into ours."""
    try:
        yield
    except error.DBOSException as refusal:
        raise EngineRefused(
            "The job engine could not do this; the job may be gone. Look again, or try later."
        ) from refusal


def _code(failure: Exception) -> str:
    code = getattr(failure, "code", None)
    return code if isinstance(code, str) else RushesError.code


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1_000
