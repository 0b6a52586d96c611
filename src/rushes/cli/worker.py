"""`rushes work`: a worker alone, on PostgreSQL; and the one worker beside an embedded server.

The embedded one holds one end of a socketpair: a byte wakes its relay, the end of the stream ends
it and its programs at once, because then the server was killed.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable
from typing import Annotated

import typer

from rushes import workshop
from rushes.cli import logs
from rushes.cli.places import DataOption, load_settings
from rushes.cli.starting import prepare
from rushes.cli.voice import AsJson, answer, complain
from rushes.db.migrate import require_current
from rushes.jobs.lock import WorkerHeld
from rushes.settings import Settings

log = logging.getLogger(__name__)

READY = b"r"
"""What an embedded worker says when it works."""


def add_commands(app: typer.Typer) -> None:
    """Tell the command of this module."""
    app.command("work")(work)


def work(
    *,
    data: DataOption = None,
    embedded: Annotated[int | None, typer.Option(hidden=True)] = None,
    as_json: AsJson = False,
) -> None:
    """Run a worker: any number on PostgreSQL, on any machine."""
    settings = load_settings(data)
    logs.set_up(settings.log_level)
    parent = None if embedded is None else socket.socket(fileno=embedded)
    try:
        asyncio.run(_work(settings, parent, as_json=as_json))
    except WorkerHeld as held:
        complain(held.code, held.message, as_json=as_json)
        raise typer.Exit(1) from None


async def _work(settings: Settings, parent: socket.socket | None, *, as_json: bool) -> None:
    if settings.is_embedded:
        require_current(settings.rooms_url)  # it may be another's: nothing is made here
    else:
        await asyncio.to_thread(prepare, settings)
    begun, ended = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with workshop.open_worker(settings) as worker:
        if parent is not None:
            _obey(parent, loop, worker.wake)
        working = asyncio.create_task(worker.run(ended, begun))
        beginning = asyncio.create_task(begun.wait())
        await asyncio.wait({working, beginning}, return_when=asyncio.FIRST_COMPLETED)
        beginning.cancel()
        if begun.is_set():
            log.info("The worker is ready", extra={"box": worker.box})
            _say_ready(worker.engine.executor_id, worker.box, parent, as_json=as_json)
        await working


def _say_ready(
    executor_id: str, box: str | None, parent: socket.socket | None, *, as_json: bool
) -> None:
    if parent is not None:
        parent.send(READY)
        return
    facts = {"ready": True, "worker": executor_id, "box": box}
    answer(facts, f"This worker is ready: {executor_id}, box {box}", as_json=as_json)


def _obey(parent: socket.socket, loop: asyncio.AbstractEventLoop, wake: Callable[[], None]) -> None:
    def listen() -> None:
        while parent.recv(4096):
            loop.call_soon_threadsafe(wake)
        os._exit(1)  # the server is gone: no clean-up of ours may hold the next worker up

    threading.Thread(target=listen, name="parent", daemon=True).start()
