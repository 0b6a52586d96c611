"""Retention: what may leave the edge, and why; a plan that others show, confirm and carry out.

Rules of this file:
1. Nothing here reads a clock, a row or a store; rows, rules, use and `now` come in, a plan comes
   out. What the plan names is evicted by nobody until a deed has asked the archive again.
2. Never planned: what the archive does not hold, what is pinned, what was read within the grace.
3. What is kept is counted by the first reason that holds, in the order of `Kept`.
4. A plan is made of rows, or of what a database has judged by the same cutoffs (`Gathering`).
5. A person confirms the first plan, one of over 20 % of the objects, and one after a clock moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from rushes.renditions.rendition import Kind as RenditionKind
from rushes.tiers.cutoffs import CLOCK_MOVED, Cutoffs, make_cutoffs
from rushes.tiers.rules import Kind, Rules

FOREVER: Final = datetime.max.replace(tzinfo=UTC)
"""The end of a pin that has none."""

GB: Final = 10**9

MOST_OBJECTS: Final = 0.20
"""A plan over more of the objects needs a person."""


class Reason(StrEnum):
    """Why an object goes."""

    UNREAD = "unread"
    CROWDED = "crowded"
    OLDEST = "oldest"
    NOT_WORTH = "not worth keeping"


class Kept(StrEnum):
    """Why an object stays; the first that holds."""

    SMALL = "small"
    PINNED = "pinned"
    WATCHED = "watched"
    ALWAYS = "always"
    NEW = "new"
    POPULAR = "popular"
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


Choice: TypeAlias = tuple[str, Reason]
"""The id of a placement, and why it goes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be evicted: first what is over its days, then those that were read longest ago.

    `saving` is in dollars a month.
    """

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


KIND_OF: Final = MappingProxyType(
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
"""What the rules call a rendition; but an image of a document is a document."""


def plan(rows: Iterable[Held], rules: Rules, usage: Usage, now: datetime) -> Plan:
    """Return what the rules say of the objects of one tier today.

    Rows are read once; what is kept in memory is one tuple for each that goes, and of a tier above
    95 % one for each of the others.
    """
    cutoffs = make_cutoffs(rules, usage.held_bytes, now)
    judge, gathering = _Judge(cutoffs), Gathering(cutoffs, usage)
    going: list[tuple[datetime, str, int, Reason]] = []
    giving_way: list[tuple[datetime, str, int, Kept]] = []
    for row in rows:
        since = since_of(row)
        gathering.is_ahead |= cutoffs.is_ahead(since)
        verdict = judge.judge(row, since)
        if isinstance(verdict, Reason):
            going.append((since, row.placement_id, row.size_bytes, verdict))
            continue
        gathering.keep(verdict, 1, row.size_bytes)
        if cutoffs.is_crowded and judge.may_give_way(row, since, verdict):
            giving_way.append((since, row.placement_id, row.size_bytes, verdict))
    for _, placement_id, size_bytes, verdict in sorted(going):
        gathering.go([placement_id], size_bytes, verdict)
    if gathering.excess_bytes > 0:
        giving_way.sort()
        for _, placement_id, size_bytes, verdict in giving_way:
            gathering.give_way(placement_id, size_bytes, verdict)
    return gathering.finish()


def since_of(row: Held) -> datetime:
    """Return from when time counts: the later of the last access and the arrival."""
    seen = row.last_access_at
    return row.arrived_at if seen is None or seen < row.arrived_at else seen


GIVES_WAY: Final = frozenset({Kept.WATCHED, Kept.NEW, Kept.POPULAR})
"""What is kept for a reason that a full tier does not honour."""


class _Judge:
    """Says of each row whether it goes; what is looked up once for many rows is kept."""

    __slots__ = ("_cutoffs", "_known", "_reason")

    def __init__(self, cutoffs: Cutoffs) -> None:
        self._cutoffs, self._reason = cutoffs, reason_of(cutoffs)
        self._known: dict[tuple[str | None, Kind, str | None], datetime | None] = {}

    def judge(self, row: Held, since: datetime) -> Reason | Kept:
        """Say whether one object goes, and why."""
        if row.size_bytes < self._cutoffs.rules.keep_below_bytes:
            return Kept.SMALL
        if row.pinned_until is not None and row.pinned_until > self._cutoffs.now:
            return Kept.PINNED
        if row.keep_for is not None:
            is_over = since < self._cutoffs.now - row.keep_for * self._cutoffs.factor
            wished = Reason.NOT_WORTH if is_over and since < self._cutoffs.graced else Kept.WATCHED
        else:
            wished = self._judge_by_days(row, since)
        return wished if row.is_archived or isinstance(wished, Kept) else Kept.NOT_ARCHIVED

    def may_give_way(self, row: Held, since: datetime, verdict: Reason | Kept) -> bool:
        """Say whether an object that stays would go if there were no room."""
        if verdict not in GIVES_WAY or since >= self._cutoffs.graced or not row.is_archived:
            return False
        return row.keep_for is not None or self._cutoff(row) is not None

    def _judge_by_days(self, row: Held, since: datetime) -> Reason | Kept:
        if since >= self._cutoffs.newest:
            return Kept.WATCHED
        cutoff = self._cutoff(row)
        if cutoff is None:
            return Kept.ALWAYS
        if since >= cutoff:
            return Kept.WATCHED
        if row.arrived_at > self._cutoffs.now - self._cutoffs.rules.new_for:
            return Kept.NEW
        if row.recent_plays > self._cutoffs.rules.popular_plays:
            return Kept.POPULAR
        return self._reason

    def _cutoff(self, row: Held) -> datetime | None:
        case = (row.project_id, row.kind, row.quality)
        if case not in self._known:
            self._known[case] = self._cutoffs.of(*case)
        return self._known[case]


def reason_of(cutoffs: Cutoffs) -> Reason:
    """Return why goes what is over its days."""
    return Reason.UNREAD if cutoffs.factor == 1 else Reason.CROWDED


class Gathering:
    """Gathers a plan: first what stays and what goes, then what gives way while there is no room.

    `excess_bytes` are still to go; `is_ahead`: an access lies so far in the future that a clock
    must have moved.
    """

    def __init__(self, cutoffs: Cutoffs, usage: Usage) -> None:
        """Nothing was judged yet."""
        self.excess_bytes, self.is_ahead = cutoffs.excess_bytes, False
        self._now, self._usage, self._held = cutoffs.now, usage, Tally()
        self._kept = dict.fromkeys(Kept, 0)
        self._by_reason = {reason: Tally() for reason in Reason}
        self._evict: list[Choice] = []

    def keep(self, why: Kept, objects: int, size_bytes: int) -> None:
        """Count what stays."""
        self._kept[why] += objects
        self._held.objects += objects
        self._held.size_bytes += size_bytes

    def go(self, placement_ids: Sequence[str], size_bytes: int, reason: Reason) -> None:
        """Take in what goes; bytes of all of them."""
        for tally in (self._held, self._by_reason[reason]):
            tally.objects += len(placement_ids)
            tally.size_bytes += size_bytes
        self.excess_bytes -= size_bytes
        self._evict += [(placement_id, reason) for placement_id in placement_ids]

    def give_way(self, placement_id: str, size_bytes: int, why: Kept) -> None:
        """Let go the next one of those that were counted to stay, if there is still no room."""
        if self.excess_bytes <= 0:
            return
        self._kept[why] -= 1
        self._held.objects -= 1
        self._held.size_bytes -= size_bytes
        self.go([placement_id], size_bytes, Reason.OLDEST)

    def finish(self) -> Plan:
        """Return the plan."""
        size_bytes = sum(tally.size_bytes for tally in self._by_reason.values())
        leaving = Tally(len(self._evict), size_bytes)
        return Plan(
            evict=self._evict,
            held=self._held,
            leaving=leaving,
            by_reason=self._by_reason,
            kept=self._kept,
            saving=self._usage.price * size_bytes / GB,
            doubts=tuple(self._doubts(leaving)),
        )

    def _doubts(self, leaving: Tally) -> Iterator[Doubt]:
        planned_at = self._usage.planned_at
        if planned_at is None:
            yield Doubt.FIRST_RUN
        if leaving.objects > self._held.objects * MOST_OBJECTS:
            yield Doubt.MANY_OBJECTS
        back = (planned_at or self._now) - self._now
        if self.is_ahead or max(back, abs(self._usage.clock_moved)) > CLOCK_MOVED:
            yield Doubt.CLOCK_MOVED
