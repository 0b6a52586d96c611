"""Holds: who may write to an upload now. A busy writer keeps its place, a silent one loses it.

A client that lost its network leaves a silent connection behind. Whoever comes next makes the
holder stop, write down what it has, and go; nobody waits for a dead line to time out.

This is the whole truth where one process takes uploads. Where several do, each holds its uploads by
a lease besides (`uploads.leases`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from rushes.errors import Kind, RushesError
from rushes.uploads.inflow import Inflow
from rushes.uploads.leases import SILENT_SECONDS, Leases

WAIT_SECONDS: Final = 2.0
LOOK_SECONDS: Final = 0.05


class UploadBusy(RushesError):
    """Another request is sending bytes of this upload right now."""

    code = "upload.busy"
    kind = Kind.LOCKED


class UploadStopped(RushesError):
    """The append ended before its body did; what arrived is kept."""

    code = "upload.stopped"
    kind = Kind.UNAVAILABLE


class Hold:
    """The right to write to one upload."""

    __slots__ = ("_inflow", "is_inherited", "is_stopped", "released")

    def __init__(self) -> None:
        self._inflow: Inflow | None = None
        self.is_stopped = False
        self.is_inherited = False  # from a process that may wake up: first of all, a new file
        self.released = asyncio.Event()

    @property
    def silent_seconds(self) -> float:
        """For how long its sender has sent nothing."""
        return 0.0 if self._inflow is None else self._inflow.silent_seconds

    def attach(self, inflow: Inflow) -> None:
        """Say which body is read under this hold."""
        self._inflow = inflow
        if self.is_stopped:
            inflow.stop()

    def stop(self) -> None:
        """Ask the holder to write down what it has, and go."""
        self.is_stopped = True
        if self._inflow is not None:
            self._inflow.stop()


class Holds:
    """The holds of this process."""

    def __init__(self, leases: Leases | None = None) -> None:
        self._leases = leases
        self._held: dict[str, Hold] = {}
        self._is_draining = False

    @asynccontextmanager
    async def take(self, upload_id: str, hold: Hold) -> AsyncIterator[Hold]:
        """Hold an upload; a holder that is silent is asked to go, a busy one is waited for.

        Raises:
            UploadBusy: its holder's bytes still flow.
            UploadStopped: the server is going down.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + WAIT_SECONDS
        while (holder := self._held.get(upload_id)) is not None:
            if holder.silent_seconds >= SILENT_SECONDS:
                holder.stop()
            if loop.time() >= deadline:
                raise _busy()
            await _wait(holder.released, LOOK_SECONDS)
        self._require_open()
        self._held[upload_id] = hold
        try:
            await self._lease(upload_id, hold, deadline - loop.time())
            yield hold
        finally:
            del self._held[upload_id]
            hold.released.set()
            if self._leases is not None:
                self._leases.rest(upload_id, is_settled=not hold.is_inherited)

    def is_held(self, upload_id: str) -> bool:
        """Say whether somebody may be writing to an upload: here, or in another process."""
        is_ours = self._leases is None or self._leases.has(upload_id)
        return upload_id in self._held or not is_ours

    def list_held(self, upload_id: str) -> list[str]:
        """Return what is held of an upload that comes in pieces: `{id}/{piece}`."""
        return [key for key in self._held if key.startswith(f"{upload_id}/")]

    async def evict(self, upload_id: str) -> None:
        """Make a holder go, however busy it is, and wait until it went (2 s at most)."""
        holder = self._held.get(upload_id)
        if holder is not None:
            holder.stop()
            await _wait(holder.released, WAIT_SECONDS)
        if self._leases is not None:
            await self._leases.evict(upload_id, WAIT_SECONDS)

    async def drain(self, seconds: float) -> bool:
        """Let nobody in any more, ask every holder to go; say whether all went in time."""
        self._is_draining = True
        for holder in self._held.values():
            holder.stop()
        left = [asyncio.ensure_future(holder.released.wait()) for holder in self._held.values()]
        if left:
            _, late = await asyncio.wait(left, timeout=seconds)
            for waiting in late:
                waiting.cancel()
        if self._leases is not None:
            await self._leases.end()
        return not self._held

    async def _lease(self, upload_id: str, hold: Hold, seconds: float) -> None:
        if self._leases is not None:
            is_inherited = await self._leases.take(upload_id, hold, seconds)
            if is_inherited is None:
                raise _busy()
            hold.is_inherited = is_inherited

    def _require_open(self) -> None:
        if self._is_draining:
            raise UploadStopped(
                "The server is going down. Go on in a moment, from the offset it tells then.",
                retry_after=2,
            )


def _busy() -> UploadBusy:
    return UploadBusy(
        "Another request is sending bytes of this upload. Wait a moment, ask for the offset, and "
        "go on from there.",
        retry_after=1,
    )


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
