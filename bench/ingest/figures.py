"""Figures: what was measured, what it is held to, and the tables people read. Nothing is run here.

A ratio is taken within a round, because then both sides met the same machine; the median of the
rounds counts.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

MARK = "bench"
BEGIN, END = f"<!-- {MARK}: begin -->", f"<!-- {MARK}: end -->"
"""Around the table of a page."""

HEAD = ("work", "measured", "beside it", "figure", "budget", "met")


@dataclass(frozen=True, slots=True)
class Budget:
    """A bound: at least `limit`, or at most."""

    limit: float
    is_least: bool = False

    def holds(self, value: float) -> bool:
        """Say whether a figure keeps it."""
        return value >= self.limit if self.is_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.is_least else '≤'} {self.limit:g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table; `ours` and `beside` are absolute, so they tell of this machine alone.

    `rounds` are the figure's values; where there are none, `note` says why.
    """

    row: str
    work: str
    rounds: tuple[float, ...] = ()
    unit: str = "x"
    budget: Budget | None = None
    ours: str = ""
    beside: str = ""
    note: str = ""

    @property
    def value(self) -> float | None:
        """The median of the rounds."""
        return statistics.median(self.rounds) if self.rounds else None

    @property
    def is_missed(self) -> bool:
        """Whether it was measured, and its budget does not hold."""
        held = self.budget is None or self.value is None or self.budget.holds(self.value)
        return not held

    def cells(self) -> tuple[str, ...]:
        """Return the line as words."""
        if self.value is None:
            told, verdict = "—", self.note or "not measured"
        else:
            told = f"{self.value:.2f} {self.unit}"
            verdict = "" if self.budget is None else ("no" if self.is_missed else "yes")
        limit = "" if self.budget is None else str(self.budget)
        return self.work, self.ours, self.beside, told, limit, verdict

    def facts(self) -> dict[str, object]:
        """Return all of it for programs."""
        return {
            "row": self.row,
            "work": self.work,
            "value": self.value,
            "unit": self.unit,
            "rounds": list(self.rounds),
            "budget": None if self.budget is None else str(self.budget),
            "missed": self.is_missed,
            "ours": self.ours,
            "beside": self.beside,
            "note": self.note,
        }


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, ...]:
    """Return ours to theirs, round by round."""
    return tuple(one / other for one, other in zip(ours, theirs, strict=True))


def format_text(figures: Iterable[Figure]) -> str:
    """Return a table for a terminal."""
    rows = [HEAD, *(figure.cells() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return "\n".join(lines)


def format_markdown(figures: Iterable[Figure]) -> str:
    """Return the same table for a page."""
    return "\n".join(_markdown(figures)) + "\n"


def place_table(page: str, table: str, mark: str = MARK) -> str:
    """Return a page with the table between its marks; one without marks becomes the table."""
    begin, end = f"<!-- {mark}: begin -->", f"<!-- {mark}: end -->"
    before, begun, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not (begun and ended):
        return table
    return f"{before}{begin}\n{table}{end}{after}"


def _markdown(figures: Iterable[Figure]) -> Iterator[str]:
    yield "| " + " | ".join(HEAD) + " |"
    yield "|---" * len(HEAD) + "|"
    for figure in figures:
        yield "| " + " | ".join(figure.cells()) + " |"
