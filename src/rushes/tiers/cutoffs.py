"""Cutoffs: the rules of retention as moments; what was last read before one of them goes.

Time counts from the later of the last access and the arrival. A fuller tier waits less long
(`PRESSURE`); above 95 % those that were read longest ago go, until 90 % is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rushes.tiers.rules import Kind, Rules

PRESSURE: Final = ((0.90, 0.25), (0.80, 0.5), (0.70, 0.75))
"""Above this share of the cap, days count this much."""

CROWDED_ABOVE: Final = 0.95
"""Above this share of the cap, the oldest go whatever their days say."""

CROWDED_UNTIL: Final = 0.90
"""Until this share is left."""

CLOCK_MOVED: Final = timedelta(days=1)
"""A clock that moved by more needs a person."""


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """What was last read before `graced` may go at all; before `newest` begins what the days say.

    `factor` is how much days count, `excess_bytes` what has to go of a tier that is crowded.
    """

    rules: Rules
    now: datetime
    factor: float
    graced: datetime
    newest: datetime
    is_crowded: bool
    excess_bytes: int

    def is_ahead(self, since: datetime) -> bool:
        """Say whether something was read so far in the future that a clock must have moved."""
        return since - self.now > CLOCK_MOVED

    def of(self, project_id: str | None, kind: Kind, quality: str | None) -> datetime | None:
        """Return before which moment such an object goes; None: it stays."""
        return self.of_span(self.rules.keep_for(project_id, kind, quality))

    def of_span(self, keep_for: timedelta | None) -> datetime | None:
        """Return the same of what is kept so long."""
        return None if keep_for is None else min(self.graced, self.now - keep_for * self.factor)


def make_cutoffs(rules: Rules, held_bytes: int, now: datetime) -> Cutoffs:
    """Return the cutoffs of a tier that holds so much."""
    share = held_bytes / rules.cap_bytes if rules.cap_bytes else 0.0
    factor = next((factor for above, factor in PRESSURE if share > above), 1.0)
    is_crowded = share > CROWDED_ABOVE
    excess = held_bytes - int((rules.cap_bytes or 0) * CROWDED_UNTIL) if is_crowded else 0
    graced = now - (rules.grace_when_full if share > 1 else rules.grace)
    told = (rules.by_kind, rules.by_quality, rules.by_project)
    spans = [rules.otherwise, *(span for group in told for span in group.values())]
    shortest = min((span for span in spans if span is not None), default=timedelta())
    newest = min(graced, now - shortest * factor)
    return Cutoffs(rules, now, factor, graced, newest, is_crowded, excess)
