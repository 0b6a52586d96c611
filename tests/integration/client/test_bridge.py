"""The face that waits, while something hangs: Ctrl-C ends it, and holds nothing up."""

from __future__ import annotations

import asyncio
import signal
import threading

import pytest

from rushes.client.bridge import Bridge

PATIENCE_SECONDS = 120
"""Longer than everything here may take; it ends what hangs where a test fails."""


def test_an_interruption_ends_what_is_under_way_and_waits_for_no_read_that_hangs() -> None:
    """As on a disk that is away: the caller hears of it, and can close."""
    bridge, hanging, is_ended = Bridge(), threading.Event(), threading.Event()

    async def read() -> None:
        loop = asyncio.get_running_loop()
        reading = loop.run_in_executor(None, hanging.wait, PATIENCE_SECONDS)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        try:
            await reading
        finally:
            is_ended.set()

    with pytest.raises(KeyboardInterrupt):
        bridge.run(read())
    bridge.close()

    assert (True, False) == (is_ended.is_set(), hanging.is_set())
    hanging.set()


def test_what_ends_by_itself_is_waited_for() -> None:
    """Its answer, and its failure; a time that ran out there is no time that ran out here."""
    bridge = Bridge()

    async def answer() -> int:
        return 7

    async def fail() -> None:
        raise TimeoutError("there")

    assert 7 == bridge.run(answer())
    with pytest.raises(TimeoutError, match="there"):
        bridge.run(fail())
    bridge.close()
    bridge.close()
