"""Runs: which bytes of a file are committed while it comes, and where each of them lies.

A file comes as one run from its start, as chunks in any order, or as partials of a group side by
side: for whoever reads it all of these are runs, and what lies between them is not there yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rushes.uploads.upload import Extent


@dataclass(frozen=True, slots=True)
class Run:
    """Committed bytes of a file, from its byte `at` on."""

    at: int
    extent: Extent

    @property
    def end(self) -> int:
        """The byte of the file behind the last one."""
        return self.at + self.extent.length


def lay(extents: Iterable[Extent], at: int = 0) -> list[Run]:
    """Return extents that lie one after the other, from byte `at` of the file on."""
    runs = []
    for extent in extents:
        runs.append(Run(at, extent))
        at += extent.length
    return runs


def join_runs(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Return the runs in order, neighbours in the file and on the disk as one, empty ones left out.

    Where two tell of the same bytes the first counts, and what the second has beyond it.
    """
    joined: list[Run] = []
    for run in sorted(runs, key=lambda one: (one.at, -one.extent.length)):
        last = joined[-1] if joined else None
        kept = run if last is None else _beyond(run, last.end)
        if not kept.extent.length:
            continue
        if last is not None and _is_next(last, kept):
            length = last.extent.length + kept.extent.length
            joined[-1] = Run(last.at, Extent(last.extent.file, last.extent.start, length))
        else:
            joined.append(kept)
    return tuple(joined)


def find_prefix(runs: Sequence[Run]) -> int:
    """Return how many bytes from the start are there; the runs are joined."""
    end = 0
    for run in runs:
        if run.at > end:
            break
        end = run.end
    return end


def pick(runs: Sequence[Run], start: int, end: int) -> tuple[Extent, ...]:
    """Return where the bytes from `start` to before `end` lie; the runs are joined.

    Raises:
        EOFError: some of them are not there.
    """
    picked = []
    at = start
    for run in runs:
        if run.at <= at < min(run.end, end):
            last = min(run.end, end)
            place = run.extent.start + at - run.at
            picked.append(Extent(run.extent.file, place, last - at))
            at = last
    if at < end:
        raise EOFError(f"byte {at} is not there yet")
    return tuple(picked)


def list_parts(runs: Sequence[Run], size_bytes: int, part_bytes: int) -> tuple[int, ...]:
    """Return the numbers, from 1, of the parts whose every byte is there, but for the last part.

    The runs are joined; neighbours in different files count together.
    """
    last = max(1, -(-size_bytes // part_bytes))
    numbers: list[int] = []
    for start, end in _spans(runs):
        first = -(-start // part_bytes) + 1
        numbers += range(first, min(end // part_bytes, last - 1) + 1)
    return tuple(numbers)


def _spans(runs: Sequence[Run]) -> list[tuple[int, int]]:
    """Return from where to where bytes are there, wherever they lie."""
    spans: list[tuple[int, int]] = []
    for run in runs:
        if spans and spans[-1][1] == run.at:
            spans[-1] = spans[-1][0], run.end
        else:
            spans.append((run.at, run.end))
    return spans


def _beyond(run: Run, at: int) -> Run:
    """Return what a run has from a byte of the file on."""
    skipped = min(max(0, at - run.at), run.extent.length)
    extent = run.extent
    kept = Extent(extent.file, extent.start + skipped, extent.length - skipped)
    return Run(run.at + skipped, kept)


def _is_next(last: Run, run: Run) -> bool:
    is_same_file = last.extent.file == run.extent.file
    is_behind = last.extent.start + last.extent.length == run.extent.start
    return last.end == run.at and is_same_file and is_behind
