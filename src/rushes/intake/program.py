"""A virus scanner of one's own: any program that takes a path and says what it thinks by its exit.

It is chosen by whoever runs the house, and needs its own signatures, so it runs beside the box and
not in it; without a shell, in a group of its own, and no longer than `scan.timeout`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from rushes.errors import RushesError
from rushes.intake.clamd import ScannerAway
from rushes.intake.verdict import TOO_LARGE, Verdict, read_exit
from rushes.media.box import GIB, Level, Limits, Tool, Walls
from rushes.media.failures import DecodeFailed
from rushes.media.tool import Run, run

MEMORY_BYTES: Final = 16 * GIB
FILE_BYTES: Final = 4 * GIB
SAID_AT_MOST: Final = 64 * 2**10


@dataclass(frozen=True, slots=True)
class Program:
    """A program with its first arguments; the file's path comes behind them."""

    words: tuple[str, ...]
    timeout: timedelta
    max_bytes: int
    name: str = "command"

    async def look(self, path: Path, size_bytes: int) -> Verdict:
        """Return what it says of a file.

        Raises:
            ScannerAway: it cannot be started, took too long, or failed.
        """
        if size_bytes > self.max_bytes:
            return TOO_LARGE
        said, code = bytearray(), 0

        async def keep(arrived: bytes) -> None:
            said.extend(arrived[: SAID_AT_MOST - len(said)])

        try:
            await run(self._run(path), keep)
        except DecodeFailed as failure:  # what `media.tool` calls an exit that is not 0
            code = int(str(failure.facts.get("exit_code", -1)))
        except RushesError as failure:
            raise ScannerAway(f"The virus scanner failed: {failure.message}") from failure
        verdict = read_exit(code, bytes(said))
        if verdict is None:
            raise ScannerAway(f"The virus scanner gave up (exit {code}); it is asked again.")
        return verdict

    async def require(self) -> str:
        """Return which program it is."""
        return self.words[0]

    def _run(self, path: Path) -> Run:
        program, *first = self.words
        seconds = self.timeout.total_seconds()
        limits = Limits(max(1, int(seconds)), MEMORY_BYTES, FILE_BYTES, seconds, seconds)
        tool = Tool(self.name, program)
        return Run(tool, Walls(Level.NONE), (*first, str(path)), limits)
