"""Progress of many files: bars on a terminal, plain lines elsewhere, JSON lines beside JSON.

All of it goes to standard error: answers alone stand on standard output. No file is shown as
done before the server confirmed it.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from rushes.client import Rate

LINE_SECONDS: Final = 2.0
"""Between two lines where there is no terminal."""

MOST_SHOWN: Final = 0.99
"""Until the server confirmed."""

MINUTE, HOUR = 60, 3_600


@dataclass(slots=True)
class _File:
    """What is known of one file."""

    done: int = 0
    whole: int = 0
    bar: TaskID | None = None
    rate: Rate = field(default_factory=Rate)


class Showing:
    """Shows how far files are; `sizes` are those of all that will come, where they are known."""

    def __init__(self, *, as_json: bool, sizes: dict[Path, int] | None = None) -> None:
        self._as_json = as_json
        self._files = {path: _File(whole=size) for path, size in (sizes or {}).items()}
        self._is_many = len(self._files) > 1
        self._rate = Rate()
        self._said = 0.0
        self.bars: Progress | None = None
        self._all: TaskID | None = None

    def __enter__(self) -> Self:
        """Begin to show."""
        if not self._as_json and sys.stderr.isatty():
            columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
            self.bars = Progress(
                *columns, TransferSpeedColumn(), TimeRemainingColumn(), console=Console(stderr=True)
            )
            self.bars.start()
            if self._is_many:
                self._all = self.bars.add_task("All files", total=self._whole)
        return self

    def __exit__(self, *_failure: object) -> None:
        """Leave the bars as they are."""
        if self.bars is not None:
            self.bars.stop()

    def move(self, path: Path, done: int, whole: int) -> None:
        """Show how many bytes of a file are there."""
        file = self._files.setdefault(path, _File())
        file.done, file.whole = done, whole
        now = time.monotonic()
        file.rate.note(now, done)
        self._rate.note(now, self._done)
        if self.bars is not None:
            self._move_bars(self.bars, path, file)
        elif now - self._said >= LINE_SECONDS:
            self._said = now
            self._say(path, file, now)

    def end(self, path: Path) -> None:
        """Show that a file is done with, for good or ill."""
        file = self._files.setdefault(path, _File())
        file.done = file.whole
        if self.bars is not None and file.bar is not None:
            self.bars.remove_task(file.bar)
            file.bar = None

    @property
    def _done(self) -> int:
        return sum(file.done for file in self._files.values())

    @property
    def _whole(self) -> int:
        return sum(file.whole for file in self._files.values())

    def _move_bars(self, bars: Progress, path: Path, file: _File) -> None:
        if file.bar is None:
            file.bar = bars.add_task(path.name, total=file.whole)
        bars.update(file.bar, completed=_capped(file.done, file.whole), total=file.whole)
        if self._all is not None:
            bars.update(self._all, completed=_capped(self._done, self._whole), total=self._whole)

    def _say(self, path: Path, file: _File, now: float) -> None:
        if self._as_json:
            facts = {
                "event": "progress",
                "path": str(path),
                **_facts(file.rate, now, file.done, file.whole),
                "all": _facts(self._rate, now, self._done, self._whole),
            }
            typer.echo(json.dumps(facts), err=True)
            return
        typer.echo(f"{path.name}: {_line(file.rate, now, file.done, file.whole)}", err=True)
        if self._is_many:
            typer.echo(f"all files: {_line(self._rate, now, self._done, self._whole)}", err=True)


def format_seconds(seconds: float | None) -> str:
    """Return a time for people: `2h 5m`, `3m 12s`, `40s`."""
    if seconds is None:
        return "waiting"
    whole = round(seconds)
    if whole >= HOUR:
        return f"{whole // HOUR}h {whole % HOUR // MINUTE}m left"
    return f"{whole // MINUTE}m {whole % MINUTE}s left" if whole >= MINUTE else f"{whole}s left"


def _capped(done: int, whole: int) -> float:
    return min(done, whole * MOST_SHOWN)


def _line(rate: Rate, now: float, done: int, whole: int) -> str:
    speed = rate.find(now, done) or 0.0
    left = format_seconds(rate.find_seconds_left(now, done, whole))
    return f"{done / 1e6:,.1f} of {whole / 1e6:,.1f} MB, {speed / 1e6:.1f} MB/s, {left}"


def _facts(rate: Rate, now: float, done: int, whole: int) -> dict[str, float | int | None]:
    return {
        "done_bytes": done,
        "size_bytes": whole,
        "bytes_per_second": rate.find(now, done),
        "seconds_left": rate.find_seconds_left(now, done, whole),
    }
