"""What a fault leaves behind: events, jobs, files and processes, as anybody can see them."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.support.moments import until
from tests.support.served import Client, Served

FOLDERS = ("spool", "segments")


def kill(pid: int) -> None:
    """End a process without a warning; one that is gone already is no error."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def kill_house(served: Served) -> None:
    """End the API and its worker at once."""
    workers = served.worker_pids()
    served.kill()
    for pid in workers:
        kill(pid)


def count_events(client: Client, asset_id: str) -> Counter[tuple[str, str, str]]:
    """Count what happened to an asset: type, subject, and the tier where there is one."""
    found = client.get(f"/assets/{asset_id}/activity", limit="200")
    assert found["next_cursor"] is None
    return Counter(
        (event["type"], event["subject"], event["data"].get("tier", "")) for event in found["items"]
    )


def list_doubled(client: Client, asset_id: str) -> list[tuple[str, str, str]]:
    """Return what happened more than once, and should not have."""
    return [event for event, count in count_events(client, asset_id).items() if count > 1]


def list_jobs(client: Client) -> Iterator[dict[str, Any]]:
    """Yield every job."""
    query = {"limit": "200"}
    while True:
        page = client.get("/jobs", **query)
        yield from page["items"]
        if page["next_cursor"] is None:
            return
        query["cursor"] = page["next_cursor"]


def list_left(data: Path) -> list[str]:
    """Return the files that lie where nothing should lie when all work is done."""
    places = [path for name in FOLDERS for path in (data / name).rglob("*") if path.is_file()]
    ours = ".rushes-"
    return [path.relative_to(data).as_posix() for path in places if not path.name.startswith(ours)]


def list_processes(data: Path) -> list[int]:
    """Return the processes that have this data folder in their environment or in their hands."""
    mark = f"RUSHES_DATA={data}".encode()
    return [
        int(process.name)
        for process in Path("/proc").iterdir()
        if process.name.isdecimal() and (_has_mark(process, mark) or _holds(process, data))
    ]


def _has_mark(process: Path, mark: bytes) -> bool:
    with suppress(OSError):
        return mark in (process / "environ").read_bytes().split(b"\0")
    return False


def _holds(process: Path, data: Path) -> bool:
    with suppress(OSError):
        for number in (process / "fd").iterdir():
            with suppress(OSError):
                if Path(number.readlink()).is_relative_to(data):
                    return True
    return False


async def come_to_rest(client: Client, data: Path, seconds: float = 20) -> None:
    """Wait until every job has ended, and nothing is left over; all must have succeeded."""

    def is_over() -> bool:
        return {"succeeded"} >= {job["state"] for job in list_jobs(client)}

    await until(is_over, seconds=seconds, what="the end of every job", pause=0.2)
    with suppress(AssertionError):
        await until(lambda: not list_left(data), seconds=seconds, pause=0.2)
    assert [] == list_left(data)
