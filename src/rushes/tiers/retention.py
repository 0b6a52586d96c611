"""Retention: what may leave the edge, and why; a plan that others show, confirm and carry out.

Rules of this file:
1. Nothing here reads a clock, a row or a store; rows, rules, use and `now` come in, a plan comes
   out. What the plan names is evicted by nobody until a deed has asked the archive again.
2. Never planned: what the archive does not hold, what is pinned, what was read within the grace.
3. Time counts from the later of the last access and the arrival. A fuller tier waits less long
   (`PRESSURE`); above 95 % those that were read longest ago go, until 90 % is left.
4. A person confirms the first plan, one of over 20 % of the objects, and one after a clock moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from rushes.renditions.rendition import Kind as RenditionKind
from rushes.tiers.rules import Kind, Rules

FOREVER: Final = datetime.max.replace(tzinfo=UTC)
"""The end of a pin that has none."""

GB: Final = 10**9

PRESSURE: Final = ((0.90, 0.25), (0.80, 0.5), (0.70, 0.75))
"""Above this share of the cap, days count this much."""

CROWDED_ABOVE: Final = 0.95
"""Above this share of the cap, the oldest go whatever their days say."""

CROWDED_UNTIL: Final = 0.90
"""Until this share is left."""

MOST_OBJECTS: Final = 0.20
"""A plan over more of the objects needs a person."""

CLOCK_MOVED: Final = timedelta(days=1)
"""A clock that moved by more needs a person."""


class Reason(StrEnum):
    """Why an object goes."""

    UNREAD = "unread"
    CROWDED = "crowded"
    OLDEST = "oldest"
    NOT_WORTH = "not worth keeping"


class Kept(StrEnum):
    """Why an object stays."""

    WATCHED = "watched"
    NEW = "new"
    POPULAR = "popular"
    SMALL = "small"
    ALWAYS = "always"
    PINNED = "pinned"
    NOT_ARCHIVED = "not archived"


class Doubt(StrEnum):
    """Why a person should look at a plan first."""

    FIRST_RUN = "first run"
    MANY_OBJECTS = "many objects"
    CLOCK_MOVED = "clock moved"


class Held(NamedTuple):
    """One object that is present on the tier; a plain tuple, for there may be a million.

    `is_archived`: the archive has a verified copy of equal digest in another object.
    `pinned_until` may be `FOREVER`. `recent_plays` are those of 7 days. `keep_for` is a window of
    this object's own (`adaptive`), in the place of the days of the rules.
    """

    placement_id: str
    object_id: str
    content_id: str
    kind: Kind
    quality: str | None
    project_id: str | None
    size_bytes: int
    arrived_at: datetime
    last_access_at: datetime | None
    pinned_until: datetime | None
    is_archived: bool
    recent_plays: int = 0
    keep_for: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """How the tier stands.

    `held_bytes` counts what is there and what room was promised to. `planned_at` is when a plan was
    last carried out, None before the first. `clock_moved` is by how much the caller's clocks
    disagree. `price` is in dollars for a GB and month.
    """

    held_bytes: int
    planned_at: datetime | None = None
    clock_moved: timedelta = timedelta()
    price: Decimal = Decimal(0)


@dataclass(slots=True)
class Tally:
    """How many objects, and their bytes."""

    objects: int = 0
    size_bytes: int = 0

    def count(self, size_bytes: int) -> None:
        """Count one more object."""
        self.objects += 1
        self.size_bytes += size_bytes


Choice: TypeAlias = tuple[str, Reason]
"""The id of a placement, and why it goes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be evicted, longest unread first; `saving` is in dollars a month."""

    evict: list[Choice]
    held: Tally
    leaving: Tally
    by_reason: dict[Reason, Tally]
    kept: dict[Kept, int]
    saving: Decimal
    doubts: tuple[Doubt, ...]

    @property
    def needs_confirming(self) -> bool:
        """Whether a person has to say yes before it is carried out."""
        return bool(self.doubts)


_KIND_OF: Final = MappingProxyType(
    {
        RenditionKind.PROXY: Kind.VIDEO,
        RenditionKind.AUDIO: Kind.AUDIO,
        RenditionKind.TRACK: Kind.AUDIO,
        RenditionKind.STILL: Kind.STILL,
        RenditionKind.STORYBOARD: Kind.STILL,
        RenditionKind.WAVEFORM: Kind.STILL,
        RenditionKind.IMAGE: Kind.IMAGE,
    }
)


def kind_of(rendition: RenditionKind, *, is_document: bool = False) -> Kind:
    """Return what the rules call a rendition; a picture may be of a page of a document."""
    kind = _KIND_OF[rendition]
    return Kind.DOCUMENT if is_document and kind is Kind.IMAGE else kind


def plan(rows: Iterable[Held], rules: Rules, usage: Usage, now: datetime) -> Plan:
    """Return what the rules say of the objects of one tier today.

    Rows are read once; what is kept in memory are the ids that go and, of a tier above 95 %, one
    tuple for each of the others.
    """
    judge = _Judge(rules, usage, now)
    held, kept = Tally(), dict.fromkeys(Kept, 0)
    going: list[tuple[datetime, str, int, Reason]] = []
    staying: list[tuple[datetime, str, int, Kept]] = []
    latest = now
    for row in rows:
        held.count(row.size_bytes)
        seen = row.last_access_at
        since = row.arrived_at if seen is None or seen < row.arrived_at else seen
        latest = max(since, latest)
        verdict = judge.judge(row, since)
        if isinstance(verdict, Reason):
            going.append((since, row.placement_id, row.size_bytes, verdict))
            continue
        kept[verdict] += 1
        if judge.is_crowded and verdict in _MAY_GIVE_WAY and since < judge.graced:
            staying.append((since, row.placement_id, row.size_bytes, verdict))
    excess = judge.excess_bytes - sum(size for _, _, size, _ in going)
    for since, placement_id, size_bytes, verdict in _take_oldest(staying, excess):
        kept[verdict] -= 1
        going.append((since, placement_id, size_bytes, Reason.OLDEST))
    return _sum_up(going, held, kept, usage, (latest, now))


_MAY_GIVE_WAY: Final = frozenset({Kept.WATCHED, Kept.NEW, Kept.POPULAR})
"""What is kept for a reason that a full tier does not honour."""


class _Judge:
    """The rules as moments: what was last read before one goes."""

    __slots__ = ("_cutoffs", "_factor", "_now", "_rules", "excess_bytes", "graced", "is_crowded")

    def __init__(self, rules: Rules, usage: Usage, now: datetime) -> None:
        share = usage.held_bytes / rules.cap_bytes if rules.cap_bytes else 0.0
        self._rules, self._now = rules, now
        self._factor = next((factor for above, factor in PRESSURE if share > above), 1.0)
        self.is_crowded = share > CROWDED_ABOVE
        self.excess_bytes = 0
        if rules.cap_bytes and self.is_crowded:
            self.excess_bytes = usage.held_bytes - int(rules.cap_bytes * CROWDED_UNTIL)
        self.graced = now - (rules.grace_when_full if share > 1 else rules.grace)
        self._cutoffs: dict[tuple[str | None, Kind, str | None], datetime | None] = {}

    def judge(self, row: Held, since: datetime) -> Reason | Kept:
        """Say whether one object goes, and why."""
        if not row.is_archived:
            return Kept.NOT_ARCHIVED
        if row.pinned_until is not None and row.pinned_until > self._now:
            return Kept.PINNED
        if row.size_bytes < self._rules.keep_below_bytes:
            return Kept.SMALL
        if row.keep_for is not None:
            keep_for = row.keep_for * self._factor
            is_over = since < min(self.graced, self._now - keep_for)
            return Reason.NOT_WORTH if is_over else Kept.WATCHED
        return self._judge_by_days(row, since)

    def _judge_by_days(self, row: Held, since: datetime) -> Reason | Kept:
        case = (row.project_id, row.kind, row.quality)
        if case not in self._cutoffs:
            self._cutoffs[case] = self._cutoff(*case)
        cutoff = self._cutoffs[case]
        if cutoff is None:
            return Kept.ALWAYS
        if since >= cutoff:
            return Kept.WATCHED
        if row.arrived_at > self._now - self._rules.new_for:
            return Kept.NEW
        if row.recent_plays > self._rules.popular_plays:
            return Kept.POPULAR
        return Reason.UNREAD if self._factor == 1 else Reason.CROWDED

    def _cutoff(self, project_id: str | None, kind: Kind, quality: str | None) -> datetime | None:
        keep_for = self._rules.keep_for(project_id, kind, quality)
        return None if keep_for is None else min(self.graced, self._now - keep_for * self._factor)


def _take_oldest(
    staying: list[tuple[datetime, str, int, Kept]], excess: int
) -> Iterator[tuple[datetime, str, int, Kept]]:
    """Yield those that were read longest ago until so many bytes are free."""
    if excess <= 0:
        return
    staying.sort()
    for one in staying:
        yield one
        excess -= one[2]
        if excess <= 0:
            return


def _sum_up(
    going: list[tuple[datetime, str, int, Reason]],
    held: Tally,
    kept: dict[Kept, int],
    usage: Usage,
    times: tuple[datetime, datetime],
) -> Plan:
    leaving, by_reason = Tally(), {reason: Tally() for reason in Reason}
    going.sort()
    for _, _, size_bytes, reason in going:
        leaving.count(size_bytes)
        by_reason[reason].count(size_bytes)
    evict = [(placement_id, reason) for _, placement_id, _, reason in going]
    saving = usage.price * leaving.size_bytes / GB
    doubts = tuple(_doubts(held, leaving, usage, times))
    return Plan(evict, held, leaving, by_reason, kept, saving, doubts)


def _doubts(
    held: Tally, leaving: Tally, usage: Usage, times: tuple[datetime, datetime]
) -> Iterator[Doubt]:
    latest, now = times
    if usage.planned_at is None:
        yield Doubt.FIRST_RUN
    if leaving.objects > held.objects * MOST_OBJECTS:
        yield Doubt.MANY_OBJECTS
    back = max(latest, usage.planned_at or now) - now
    if max(back, abs(usage.clock_moved)) > CLOCK_MOVED:
        yield Doubt.CLOCK_MOVED
