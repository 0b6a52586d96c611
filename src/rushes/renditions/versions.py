"""Versions of a rendition: the same name by several recipes, which of them counts, which may go.

1. The newest that is ready counts; while none is, the newest counts.
2. What is ready stays until a newer one is ready, and some time longer: somebody may be watching.
3. A new recipe makes only what no row says it has made or will make already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import Final, Generic, Protocol, TypeVar

from rushes.media.path import MADE_PER_CORE
from rushes.renditions.plan import Wanted
from rushes.renditions.rendition import State

OPEN: Final = frozenset({State.RESTING, State.WANTED, State.FAILED})
"""States in which there is nothing to lose."""


class Version(Protocol):
    """What a row says of one version."""

    @property
    def name(self) -> str:
        """What it is a version of."""

    @property
    def recipe(self) -> str:
        """How it is made."""

    @property
    def state(self) -> State:
        """Where it stands."""

    @property
    def updated_at(self) -> datetime:
        """Since when."""


V = TypeVar("V", bound=Version)


def list_current(rows: Sequence[V]) -> dict[str, V]:
    """Return the version of each name that counts; the rows come in the order they were wanted."""
    found: dict[str, V] = {}
    for row in rows:
        before = found.get(row.name)
        if before is None or before.state is not State.READY or row.state is State.READY:
            found[row.name] = row
    return found


def list_superseded(rows: Sequence[V], before: datetime) -> list[V]:
    """Return the versions that are ready, and were followed by a newer one before this time."""
    current = list_current(rows)
    return [
        row
        for row in rows
        if row.state is State.READY
        and row is not current[row.name]
        and current[row.name].updated_at < before
    ]


@dataclass(frozen=True, slots=True)
class Remake(Generic[V]):
    """What follows from a new recipe: rows to write, rows to take back.

    `is_busy`: some of it is being made just now, and nothing else follows.
    """

    new: tuple[Wanted, ...] = ()
    stale: tuple[V, ...] = ()
    is_busy: bool = False


def plan_remake(wanted: Sequence[Wanted], rows: Sequence[V]) -> Remake[V]:
    """Return what is missing of what is wanted today.

    Args:
        wanted: what today's recipe makes of the names that may be made anew.
        rows: all that there is of the content.
    """
    names = {want.name for want in wanted}
    ours = [row for row in rows if row.name in names]
    if any(row.state is State.MAKING for row in ours):
        return Remake(is_busy=True)
    current = list_current(ours)
    known = {(row.name, row.recipe) for row in ours}
    new = tuple(
        replace(want, is_resting=_rests(current.get(want.name)))
        for want in wanted
        if (want.name, want.recipe) not in known
    )
    recipes = {want.name: want.recipe for want in wanted}
    stale = tuple(row for row in ours if row.state in OPEN and row.recipe != recipes[row.name])
    return Remake(new, stale)


def _rests(before: Version | None) -> bool:
    """Say whether a new version waits until it is asked for, as the one before it does."""
    return before is not None and before.state is State.RESTING


def core_seconds(wanted: Sequence[Wanted], rate: Fraction, duration: Fraction) -> float:
    """Return how long one core encodes these, by the pixels in them.

    Args:
        wanted: what is encoded; what rests costs nothing.
        rate: pictures a second.
        duration: seconds.
    """
    pixels = sum(want.width * want.height for want in wanted if not want.is_resting)
    return float(pixels * rate * duration / MADE_PER_CORE)
