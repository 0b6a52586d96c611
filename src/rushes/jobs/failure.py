"""How a failure is written down, so that it means the same after a restart.

The engine keeps an error as name, message, `code` and `data`, and forgets its class. So what leaves
a step or a workflow is a `WrittenFailure`, and what a workflow sees is always a `StepFailed`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from rushes.errors import Fact, Kind, RushesError
from rushes.jobs.job import LAST_WORDS, TROUBLE, StepFailed, worth_retrying

BROKEN = RushesError.code

log = logging.getLogger(__name__)


class WrittenFailure(Exception):
    """An error of a step: `code` and `data` are kept with its message.

    `facts` are what is known of a tool that failed.
    """

    def __init__(self, failure: Exception, *, is_last_attempt: bool) -> None:
        self.code, self.kind, detail = _words(failure)
        super().__init__(detail)
        self.facts = _tool_facts(failure)
        self.data = {"kind": self.kind.value, "facts": self.facts}
        self.is_final = is_last_attempt or not worth_retrying(self.kind)


@contextmanager
def writing_failures(name: str, *, is_last_attempt: bool) -> Iterator[None]:
    """Turn whatever leaves the block into a `WrittenFailure`: this is the edge of the worker."""
    try:
        yield
    except Exception as failure:
        if not isinstance(failure, RushesError):
            log.exception("Work broke", extra={"work": name})
        raise WrittenFailure(failure, is_last_attempt=is_last_attempt) from failure


@contextmanager
def reading_failures(*known: type[Exception]) -> Iterator[None]:
    """Turn a failure that leaves the block, of this or an earlier run, into a `StepFailed`."""
    try:
        yield
    except WrittenFailure as failure:
        raise read_failure(failure) from None
    except known as failure:
        raise read_failure(failure) from None


def read_failure(failure: Exception) -> StepFailed:
    """Return what a failure that was just raised, or was kept, means for a workflow."""
    if isinstance(failure, StepFailed):
        return failure
    code, kind = getattr(failure, "code", None), Kind.BROKEN
    kept = getattr(failure, "data", None)
    if isinstance(kept, dict) and kept.get("kind") in set(Kind):
        kind = Kind(kept["kind"])
    if not isinstance(code, str):
        return StepFailed(BROKEN, Kind.BROKEN, "A part of the work broke; see the log.")
    told = kept.get("facts") if isinstance(kept, dict) else None
    facts = told if isinstance(told, dict) else {}
    return StepFailed(code, kind, str(failure), **facts)


def _tool_facts(failure: Exception) -> dict[str, Fact]:
    if not isinstance(failure, RushesError):
        return {}
    known = (*TROUBLE, LAST_WORDS)
    return {name: failure.facts[name] for name in known if failure.facts.get(name) is not None}


def _words(failure: Exception) -> tuple[str, Kind, str]:
    if isinstance(failure, StepFailed):
        return failure.failed_code, failure.failed_kind, failure.message
    if isinstance(failure, RushesError):
        return failure.code, failure.kind, failure.message
    return BROKEN, Kind.BROKEN, "Something broke inside Rushes; its log says what."
