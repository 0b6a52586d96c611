"""The policies that a replay compares: the rules, learned windows, and what caches do elsewhere."""

from __future__ import annotations

import heapq
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Final

from rushes.tiers.adaptive import Learner
from rushes.tiers.prices import Rates
from rushes.tiers.replay import Edge, Story
from rushes.tiers.retention import Held, Usage, plan
from rushes.tiers.rules import DAY, Kind, Rules

EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
SIX_HOURS: Final = 6 * 3600.0
"""How often retention runs (CF-16)."""

ON_INGEST: Final = frozenset({"360p", "540p"})
"""What goes to the edge as soon as it is made (CF-04)."""

LONGEST: Final = 3650 * DAY
SHORTEST: Final = 1800.0
"""A window of fewer seconds is none: the object is not brought to the edge."""


def _moment(story: Story, at: float) -> datetime:
    return EPOCH + timedelta(seconds=at - story.begin)


@dataclass(slots=True)
class ByRules:
    """The rules of retention: the same plan that runs every six hours elsewhere."""

    story: Story
    edge: Edge
    rules: Rules
    on_ingest: frozenset[str] = ON_INGEST
    due: float = 0.0
    _rows: dict[int, Held] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.due = self.story.begin + SIX_HOURS

    def made(self, one: int, at: float) -> None:
        """Keep the low rungs."""
        if self.story.qualities[one] in self.on_ingest:
            self.keep(one, at, None)

    def read(self, one: int, at: float) -> None:
        """Keep what was read."""
        self.keep(one, at, None)

    def keep(self, one: int, at: float, keep_for: timedelta | None) -> None:
        """Note the access, and bring the object if there is room."""
        cap = self.rules.cap_bytes
        if one not in self.edge.since:
            if cap is not None and self.edge.held_bytes + self.story.sizes[one] > cap:
                return
            self.edge.fill(one, at)
        moment = _moment(self.story, at)
        quality, size_bytes = self.story.qualities[one], self.story.sizes[one]
        arrived = self._rows[one].arrived_at if one in self._rows else moment
        self._rows[one] = Held(
            str(one), "", "", Kind.VIDEO, quality, None, size_bytes, arrived, moment, None,
            True, 0, keep_for,  # noqa: FBT003 - a row of a table
        )  # fmt: skip

    def gone(self, one: int, at: float) -> None:  # noqa: ARG002 - as all policies
        """Forget it."""
        self._rows.pop(one, None)

    def run(self, at: float) -> None:
        """Plan, and carry it out."""
        now = _moment(self.story, at)
        usage = Usage(self.edge.held_bytes, now)
        for name, _ in plan(self._rows.values(), self.rules, usage, now).evict:
            self.edge.drop(int(name), at)
            del self._rows[int(name)]
        self.due = at + SIX_HOURS


@dataclass(slots=True)
class Adaptive:
    """Learned windows, carried out by the same plan."""

    story: Story
    within: ByRules
    learner: Learner
    due: float = 0.0

    def __post_init__(self) -> None:
        self.due = self.within.due

    def made(self, one: int, at: float) -> None:
        """Keep it if it is likely to be read soon."""
        self._keep(one, at, self.learner.made(one, *self._about(one), at))

    def read(self, one: int, at: float) -> None:
        """Keep it for as long as another read is likely enough."""
        self._keep(one, at, self.learner.read(one, *self._about(one), at))

    def gone(self, one: int, at: float) -> None:
        """Forget it."""
        self.learner.gone(one, self.story.sizes[one], at)
        self.within.gone(one, at)

    def run(self, at: float) -> None:
        """Plan, and carry it out."""
        self.learner.pass_time(at)
        self.within.run(at)
        self.due = self.within.due

    def _about(self, one: int) -> tuple[int, str, int]:
        return self.story.assets[one], self.story.qualities[one], self.story.sizes[one]

    def _keep(self, one: int, at: float, window: float) -> None:
        if window >= SHORTEST:
            span = LONGEST if window > LONGEST.total_seconds() else timedelta(seconds=window)
            self.within.keep(one, at, span)
        elif one in self.within.edge.since:
            self.within.edge.drop(one, at)
            self.within.gone(one, at)


@dataclass(slots=True)
class Everything:
    """All renditions, for ever."""

    edge: Edge
    due: float = inf

    def made(self, one: int, at: float) -> None:
        """Keep it."""
        if one not in self.edge.since:
            self.edge.fill(one, at)

    def read(self, one: int, at: float) -> None:
        """Keep it."""
        self.made(one, at)

    def gone(self, one: int, at: float) -> None:
        """Have nothing to forget."""

    def run(self, at: float) -> None:
        """Have nothing to clear up."""


@dataclass(slots=True)
class LeastRecent:
    """Least recently used: what was read longest ago makes room, when room is needed."""

    edge: Edge
    cap_bytes: int
    qualities: list[str]
    due: float = inf
    _order: OrderedDict[int, None] = field(default_factory=OrderedDict)

    def made(self, one: int, at: float) -> None:
        """Keep the low rungs."""
        if self.qualities[one] in ON_INGEST:
            self.read(one, at)

    def read(self, one: int, at: float) -> None:
        """Keep what was read, and put it last in the row of those that go."""
        size_bytes = self.edge.sizes[one]
        if one in self.edge.since:
            self._order.move_to_end(one)
        elif size_bytes <= self.cap_bytes:
            while self.edge.held_bytes + size_bytes > self.cap_bytes:
                self.edge.drop(self._order.popitem(last=False)[0], at)
            self.edge.fill(one, at)
            self._order[one] = None

    def gone(self, one: int, at: float) -> None:  # noqa: ARG002 - as all policies
        """Forget it."""
        self._order.pop(one, None)

    def run(self, at: float) -> None:
        """Have nothing to clear up: it makes room when room is needed."""


@dataclass(slots=True)
class GreedyDual:
    """Greedy-Dual-Size-Frequency (Cherkasova 1998): plays by byte, and age as the floor rises."""

    edge: Edge
    cap_bytes: int
    qualities: list[str]
    rates: Rates
    due: float = inf
    _floor: float = 0.0
    _plays: dict[int, int] = field(default_factory=dict)
    _rank: dict[int, float] = field(default_factory=dict)
    _heap: list[tuple[float, int]] = field(default_factory=list)

    def made(self, one: int, at: float) -> None:
        """Keep the low rungs."""
        if self.qualities[one] in ON_INGEST:
            self._keep(one, at)

    def read(self, one: int, at: float) -> None:
        """Count the play, and keep what was read."""
        self._plays[one] = self._plays.get(one, 0) + 1
        self._keep(one, at)

    def gone(self, one: int, at: float) -> None:  # noqa: ARG002 - as all policies
        """Forget it."""
        self._rank.pop(one, None)
        self._plays.pop(one, None)

    def run(self, at: float) -> None:
        """Have nothing to clear up: it makes room when room is needed."""

    def _keep(self, one: int, at: float) -> None:
        size_bytes = self.edge.sizes[one]
        if size_bytes > self.cap_bytes:
            return
        plays = max(self._plays.get(one, 0), 1)
        rank = self._floor + plays * self.rates.miss(size_bytes) / size_bytes
        if one not in self.edge.since:
            self._make_room(size_bytes, at)
            self.edge.fill(one, at)
        self._rank[one] = rank
        heapq.heappush(self._heap, (rank, one))

    def _make_room(self, size_bytes: int, at: float) -> None:
        while self.edge.held_bytes + size_bytes > self.cap_bytes:
            rank, one = heapq.heappop(self._heap)
            if self._rank.get(one) == rank and one in self.edge.since:
                self._floor = rank
                del self._rank[one]
                self.edge.drop(one, at)
