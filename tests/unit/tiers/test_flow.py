"""Room is given to who came first, and a cancelled one takes none with it."""

from __future__ import annotations

import asyncio
import contextlib

from rushes.tiers.flow import Flow


async def hold(flow: Flow, size_bytes: int, had: list[int], until: asyncio.Event) -> None:
    """Take room, say so, and keep it until told."""
    async with flow.room(size_bytes):
        had.append(size_bytes)
        await until.wait()


async def settle() -> None:
    """Let every task go as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_large_part_is_not_passed_by_small_ones_for_ever() -> None:
    """It waits for those before it alone; who came later waits behind it."""
    flow, had, end, late = Flow(memory_bytes=10), list[int](), asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(hold(flow, 6, had, end))
        await settle()
        group.create_task(hold(flow, 99, had, late))
        await settle()
        group.create_task(hold(flow, 1, had, late))
        await settle()
        assert [6] == had
        end.set()
        await settle()
        assert [6, 99] == had
        late.set()

    assert [6, 99, 1] == had
    assert 10 == flow.most_bytes


async def test_who_is_cancelled_while_waiting_lets_the_next_one_in() -> None:
    """Also in the moment in which it has just been given its room."""
    for is_given in (False, True):
        flow, had, end = Flow(memory_bytes=10), list[int](), asyncio.Event()
        first = asyncio.create_task(hold(flow, 10, had, end))
        await settle()
        second = asyncio.create_task(hold(flow, 9, had, end))
        third = asyncio.create_task(hold(flow, 8, had, end))
        await settle()
        if is_given:
            end.set()
            first.cancel()
            await asyncio.sleep(0)
        second.cancel()
        end.set()
        with contextlib.suppress(asyncio.CancelledError):
            await second
        await asyncio.gather(first, third, return_exceptions=True)

        assert 8 in had
        async with flow.room(10):
            assert 10 == flow.most_bytes
