"""Holds: who may write to an upload now. A busy writer keeps its place, a silent one loses it.

A client that lost its network leaves a silent connection behind. Whoever comes next makes the
holder stop, write down what it has, and go; nobody waits for a dead line to time out.

This is the whole truth where one process takes uploads.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from rushes.errors import Kind, RushesError
from rushes.uploads.inflow import Inflow

SILENT_SECONDS: Final = 0.5
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

    __slots__ = ("_inflow", "is_stopped", "released")

    def __init__(self) -> None:
        self._inflow: Inflow | None = None
        self.is_stopped = False
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

    def __init__(self) -> None:
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
                raise UploadBusy(
                    "Another request is sending bytes of this upload. Wait a moment, ask for the "
                    "offset, and go on from there.",
                    retry_after=1,
                )
            await _wait(holder.released, LOOK_SECONDS)
        self._require_open()
        self._held[upload_id] = hold
        try:
            yield hold
        finally:
            del self._held[upload_id]
            hold.released.set()

    def is_held(self, upload_id: str) -> bool:
        """Say whether somebody writes to an upload."""
        return upload_id in self._held

    def list_held(self, upload_id: str) -> list[str]:
        """Return what is held of an upload that comes in pieces: `{id}/{piece}`."""
        return [key for key in self._held if key.startswith(f"{upload_id}/")]

    async def evict(self, upload_id: str) -> None:
        """Make a holder go, however busy it is, and wait until it went (2 s at most)."""
        holder = self._held.get(upload_id)
        if holder is not None:
            holder.stop()
            await _wait(holder.released, WAIT_SECONDS)

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
        return not self._held

    def _require_open(self) -> None:
        if self._is_draining:
            raise UploadStopped(
                "The server is going down. Go on in a moment, from the offset it tells then.",
                retry_after=2,
            )


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
