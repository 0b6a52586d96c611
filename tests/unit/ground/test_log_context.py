"""What a line of the log is about: told by whoever is at work, heard by whoever writes."""

from __future__ import annotations

import asyncio

import pytest

from rushes.log_context import list_facts, telling


def test_facts_are_told_in_their_block_alone() -> None:
    """An inner block adds to an outer one, and takes nothing along when it ends."""
    with telling(request_id="req_1"):
        with telling(job="job_1"):
            inner = dict(list_facts())
        outer = dict(list_facts())

    assert {"request_id": "req_1", "job": "job_1"} == inner
    assert {"request_id": "req_1"} == outer
    assert {} == dict(list_facts())


def test_an_error_ends_its_block_as_well() -> None:
    """What comes later is not its fault."""
    with pytest.raises(ValueError, match="broke"), telling(job="job_1"):
        raise ValueError("broke")

    assert {} == dict(list_facts())


async def test_two_tasks_tell_of_two_things() -> None:
    """Requests that are answered at the same time do not mix their lines."""
    begun = asyncio.Event()

    async def first() -> str:
        with telling(request_id="req_1"):
            await begun.wait()
            return list_facts()["request_id"]

    async def second() -> str:
        with telling(request_id="req_2"):
            begun.set()
            return list_facts()["request_id"]

    assert ["req_1", "req_2"] == list(await asyncio.gather(first(), second()))
