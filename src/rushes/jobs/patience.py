"""Waits for what nobody can do anything about: room on a disk, a box for tools.

Such an error counts as no attempt. The job goes back to waiting, with the error's code, and the
step is tried again after 5 s, doubling to a minute, as long as the job is wanted.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, Protocol, TypeVar

from rushes.errors import Kind, RushesError
from rushes.jobs.job import StepTimedOut
from rushes.log_context import telling

R = TypeVar("R")

FIRST_PAUSE: Final = 5.0
LONGEST_PAUSE: Final = 60.0
AWAITED: Final = frozenset({"box.unavailable"})
"""Codes that are waited out beside those of the kind `full`."""

log = logging.getLogger(__name__)


class Waiting(Protocol):
    """What is told of a job that waits, and asked whether it is wanted still."""

    async def waits(self, job_id: str, code: str, detail: str) -> None:
        """Note what the job waits for."""

    async def goes_on(self, job_id: str) -> None:
        """Note that it need not wait any more."""

    async def is_unwanted(self, job_id: str) -> bool:
        """Say whether somebody cancelled it."""


def is_awaited(error: RushesError) -> bool:
    """Say whether an error passes by itself, and says nothing about the work."""
    return error.kind is Kind.FULL or error.code in AWAITED


async def patiently(
    attempt: Callable[[], Awaitable[R]],
    job_id: str | None,
    rows: Waiting,
    first_pause: float = FIRST_PAUSE,
) -> R:
    """Return what the attempt returns, however long it has to be waited for.

    Raises what it raises, if that is not worth waiting, or the job is not wanted any more.
    """
    pause, has_waited = first_pause, False
    while True:
        try:
            with telling(job=job_id or ""):
                answer = await attempt()
        except RushesError as error:
            if job_id is None or not is_awaited(error) or await rows.is_unwanted(job_id):
                raise
            await rows.waits(job_id, error.code, error.message)
            log.warning("A job waits", extra={"job": job_id, "code": error.code})
            has_waited = True
        else:
            if has_waited and job_id is not None:
                await rows.goes_on(job_id)
            return answer
        await asyncio.sleep(pause)
        pause = min(LONGEST_PAUSE, pause * 2)


async def within(seconds: float, name: str, deed: Awaitable[R]) -> R:
    """Return what the deed returns in time.

    Raises:
        StepTimedOut: it took longer.
    """
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            return await deed
    except TimeoutError as late:
        if not limit.expired():
            raise
        raise StepTimedOut(f"{name} took over {seconds:g} s.") from late
