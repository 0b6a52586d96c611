"""Speed: how many pixels a second this machine encodes, found out by encoding a second of them.

Processor time counts, not the time on the wall: how busy the machine is just now says nothing of
what it can do. The figure is kept in a file with the name of the machine and of its ffmpeg.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import re
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rushes.errors import RushesError
from rushes.media.box import LIMITS, Work
from rushes.media.ffmpeg import gauge_arguments
from rushes.media.path import MADE_PER_CORE
from rushes.media.tool import run
from rushes.media.toolbox import Toolbox

FRAMES: Final = 30
WIDTH, HEIGHT = 1280, 720
REST_SECONDS: Final = 1.0
"""After a start: whatever starts beside needs the cores more."""

_TIMES: Final = re.compile(r"bench: utime=([\d.]+)s stime=([\d.]+)s")
_NOTHING: Final = Path(os.devnull)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Speed:
    """Measures when it is first asked, or soon after `run` began, and remembers in `folder`."""

    tools: Toolbox
    folder: Path
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def made_per_second(self) -> int:
        """Return the pixels a second that all cores of this machine encode together."""
        async with self._lock:
            per_core = await asyncio.to_thread(self._recall)
            if per_core is None:
                per_core = await self._measure()
                await asyncio.to_thread(self._note, per_core)
        return per_core * (os.cpu_count() or 1)

    async def run(self) -> None:
        """Measure before the first film has to wait for it, and go on until cancelled."""
        await asyncio.sleep(REST_SECONDS)
        try:
            await self.made_per_second()
        except RushesError as error:
            log.info("The speed of this machine is not known yet", extra={"reason": error.message})
        await asyncio.Event().wait()

    async def _measure(self) -> int:
        arguments = gauge_arguments(WIDTH, HEIGHT, FRAMES)
        job = self.tools.ffmpeg_run(arguments, LIMITS[Work.FIRST], _NOTHING, niceness=0)
        try:
            return read_pace(await run(job, _ignore))
        except RushesError as error:
            log.warning("The speed of this machine is guessed", extra={"reason": str(error)})
            return MADE_PER_CORE

    def _recall(self) -> int | None:
        try:
            return int(self._file.read_text())
        except (OSError, ValueError):
            return None

    def _note(self, per_core: int) -> None:
        try:
            self._file.write_text(str(per_core))
        except OSError as error:
            log.warning("The speed could not be kept", extra={"errno": error.errno})

    @property
    def _file(self) -> Path:
        machine = f"{socket.gethostname()} {self.tools.ffmpeg.version}"
        return self.folder / f".rushes-speed-{hashlib.sha256(machine.encode()).hexdigest()[:12]}"


def read_pace(words: str) -> int:
    """Return the pixels a second of one core, out of what ffmpeg says of a gauge."""
    found = _TIMES.search(words)
    seconds = 0.0 if found is None else float(found[1]) + float(found[2])
    return int(WIDTH * HEIGHT * FRAMES / seconds) if seconds else MADE_PER_CORE


async def _ignore(_arrived: bytes) -> None:
    """Take no notice."""
