"""Sharing: do all processes see one folder of segments? Each worker lays its name into it.

Who does not find the names of all workers that live looks into another folder than they do, and
would wait for segments that never come.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PREFIX: Final = ".rushes-worker-"
RENEW_SECONDS: Final = 3_600.0
OLD_SECONDS: Final = 86_400.0
"""A name that nobody renewed for so long is that of a worker that was killed."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sharing:
    """Keeps the name of a worker in the folder of segments as long as it works."""

    folder: Path
    worker: str

    async def run(self) -> None:
        """Lay the name down, keep it fresh, and take it away when cancelled."""
        try:
            while True:
                try:
                    await asyncio.to_thread(_sign, self.folder, self.worker)
                except OSError as error:  # who serves segments says so, and who writes them
                    log.warning("The segments cannot be written", extra={"errno": error.errno})
                await asyncio.sleep(RENEW_SECONDS)
        finally:
            with suppress(OSError):
                (self.folder / f"{PREFIX}{self.worker}").unlink(missing_ok=True)


def list_signed(folder: Path) -> set[str]:
    """Return the workers whose names stand in the folder of segments."""
    return {path.name.removeprefix(PREFIX) for path in folder.glob(f"{PREFIX}*")}


def _sign(folder: Path, worker: str) -> None:
    (folder / f"{PREFIX}{worker}").touch()
    for path in folder.glob(f"{PREFIX}*"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > OLD_SECONDS:
                path.unlink()
