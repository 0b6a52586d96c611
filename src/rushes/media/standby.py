"""Standby: one of our programs waits in its box, loaded, so that no file has to wait for it.

Each does one piece of work and ends, as any other; the next one is begun a little later, when
whoever waits for that work has it.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from rushes.errors import RushesError
from rushes.media.box import LIMITS, Work, require
from rushes.media.tool import Begun, Run, begin, dismiss
from rushes.media.toolbox import Toolbox, waiting_child

REST_SECONDS: Final = 1.0
"""After one was taken: whoever took it needs the cores more."""

PATIENCE_SECONDS: Final = 60.0
"""After one could not be begun; files are looked at without it meanwhile."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Standby:
    """Keeps one probe waiting for as long as `run` runs."""

    tools: Toolbox
    begun: Begun | None = None
    """The one that waits; `take` it."""

    _taken: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self) -> Begun | None:
        """Return the one that waits, which is the caller's now; None where none does."""
        begun = self.begun
        if begun is None:
            return None
        self._taken.set()
        if not begun.is_waiting:
            return None
        self.begun = None
        return begun

    async def run(self) -> None:
        """Keep one waiting until cancelled."""
        try:
            while True:
                self._taken.clear()
                try:
                    await self._renew()
                    await self._taken.wait()
                except (RushesError, OSError) as error:  # the last where files run out
                    log.info("No probe waits for files", extra={"reason": str(error)})
                    await asyncio.sleep(PATIENCE_SECONDS)
                await asyncio.sleep(REST_SECONDS)
        finally:
            await self._end()

    async def _renew(self) -> None:
        require(self.tools.child_walls, self.tools.wanted)
        tool, walls = waiting_child(self.tools.probe), self.tools.child_walls
        await self._end()
        beginning = asyncio.create_task(begin(Run(tool, walls, (), LIMITS[Work.PROBE])))
        try:
            self.begun = await asyncio.shield(beginning)
        except asyncio.CancelledError:  # whoever is cancelled in between waits for ever
            with suppress(RushesError, OSError):  # nor may its failure take the place of this
                self.begun = await beginning
            raise

    async def _end(self) -> None:
        begun, self.begun = self.begun, None
        if begun is not None:
            await dismiss(begun)
