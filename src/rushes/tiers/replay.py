"""A replay: a trace runs against a policy of the edge, and what it costs is counted.

1. An object comes to the edge when it is made or read, never ahead of a read (no policy here knows
   more than the past, but the clairvoyant, which plays by the same rule).
2. A read that the edge answers costs one request there; another costs a request of the archive,
   what leaves it, and the penalty of a viewer who waits.
3. The archive keeps everything whatever the policy does, so what it costs is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol

from rushes.tiers.prices import MONTH_SECONDS, Rates
from rushes.tiers.trace import Event, Line

REST: Final = 1.0
"""Seconds that a trace goes on after its last line."""


@dataclass(slots=True)
class Story:
    """A trace by numbers: each rendition in each region is an object.

    `steps` are (seconds, object, event) in order; `assets` tells of each object the number of its
    asset, so that what one rung is worth can be learned from the others.
    """

    steps: list[tuple[float, int, Event]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    qualities: list[str] = field(default_factory=list)
    assets: list[int] = field(default_factory=list)
    begin: float = 0.0
    end: float = 0.0


def tell(lines: Iterable[Line]) -> Story:
    """Return the story of a trace that is in order."""
    story = Story()
    numbers: dict[tuple[str, str, str], int] = {}
    assets: dict[str, list[int]] = {}
    names: dict[str, int] = {}
    for line in lines:
        story.begin = story.begin if story.steps else line.at
        story.end = line.at + REST
        if line.event is Event.DELETE:
            gone = [one for one in assets.get(line.asset, []) if _is_meant(story, one, line)]
            story.steps += [(line.at, one, Event.DELETE) for one in gone]
            continue
        case = (line.asset, line.quality, line.region)
        if case not in numbers:
            numbers[case] = len(story.sizes)
            story.sizes.append(line.size_bytes)
            story.qualities.append(line.quality)
            story.assets.append(names.setdefault(line.asset, len(names)))
            assets.setdefault(line.asset, []).append(numbers[case])
        story.steps.append((line.at, numbers[case], line.event))
    return story


def _is_meant(story: Story, one: int, line: Line) -> bool:
    return not line.quality or story.qualities[one] == line.quality


@dataclass(slots=True)
class Edge:
    """What is on the edge, and what that came to."""

    sizes: list[int]
    since: dict[int, float] = field(default_factory=dict)
    held_bytes: int = 0
    peak_bytes: int = 0
    byte_seconds: float = 0.0
    fills: int = 0
    evictions: int = 0

    def fill(self, one: int, at: float) -> None:
        """Put an object there that is not."""
        self.since[one] = at
        self.fills += 1
        self.held_bytes += self.sizes[one]
        self.peak_bytes = max(self.peak_bytes, self.held_bytes)

    def drop(self, one: int, at: float) -> None:
        """Take an object away that is there."""
        self.byte_seconds += (at - self.since.pop(one)) * self.sizes[one]
        self.held_bytes -= self.sizes[one]
        self.evictions += 1


class Policy(Protocol):
    """Who decides what is on the edge; it is told of everything, in order.

    `due` is the next moment at which `run` wants to be called.
    """

    due: float

    def run(self, at: float) -> None:
        """Clear up."""

    def made(self, one: int, at: float) -> None:
        """Take note of an object that is new."""

    def read(self, one: int, at: float) -> None:
        """Take note of a read; whether it was a hit is known from the edge."""

    def gone(self, one: int, at: float) -> None:
        """Take note that an object was deleted everywhere."""


@dataclass(frozen=True, slots=True)
class Score:
    """What a policy came to over a trace, in dollars, objects and bytes.

    `reads` counts those that were not the first of their object in `again`.
    """

    policy: str
    seconds: float
    storage: float = 0.0
    requests: float = 0.0
    recall: float = 0.0
    penalty: float = 0.0
    reads: int = 0
    hits: int = 0
    again: int = 0
    again_hits: int = 0
    read_bytes: int = 0
    hit_bytes: int = 0
    fills: int = 0
    evictions: int = 0
    mean_bytes: float = 0.0
    peak_bytes: int = 0

    @property
    def cost(self) -> float:
        """Dollars over the trace."""
        return self.storage + self.requests + self.recall + self.penalty

    @property
    def month(self) -> float:
        """Dollars for a month of 30 days."""
        return self.cost * MONTH_SECONDS / self.seconds

    @property
    def hit_rate(self) -> float:
        """Which share of the reads the edge answered."""
        return self.hits / self.reads if self.reads else 0.0


@dataclass(slots=True)
class Count:
    """Reads, and which of them the edge answered."""

    sizes: list[int]
    reads: int = 0
    hits: int = 0
    again: int = 0
    again_hits: int = 0
    read_bytes: int = 0
    hit_bytes: int = 0
    missed_bytes: int = 0
    _known: set[int] = field(default_factory=set)

    def read(self, one: int, *, is_hit: bool) -> None:
        """Count one read."""
        size_bytes, is_again = self.sizes[one], one in self._known
        self.reads += 1
        self.read_bytes += size_bytes
        self.again += is_again
        if is_hit:
            self.hits += 1
            self.hit_bytes += size_bytes
            self.again_hits += is_again
        else:
            self.missed_bytes += size_bytes
        self._known.add(one)


def replay(name: str, story: Story, policy: Policy, edge: Edge, rates: Rates) -> Score:
    """Run a story against a policy that keeps `edge`, and return what it came to."""
    count = Count(story.sizes)
    for at, one, event in story.steps:
        while policy.due <= at:
            policy.run(policy.due)
        if event is Event.READ:
            count.read(one, is_hit=one in edge.since)
            policy.read(one, at)
        elif event is Event.MADE:
            policy.made(one, at)
        else:
            policy.gone(one, at)
            if one in edge.since:
                edge.drop(one, at)
                edge.evictions -= 1
    evictions = edge.evictions
    for one in list(edge.since):
        edge.drop(one, story.end)
    edge.evictions = evictions
    return score(name, story, count, edge, rates)


def score(name: str, story: Story, count: Count, edge: Edge, rates: Rates) -> Score:
    """Return what reads, fills and bytes times seconds cost."""
    seconds = max(story.end - story.begin, REST)
    misses = count.reads - count.hits
    return Score(
        policy=name,
        seconds=seconds,
        storage=rates.rent * edge.byte_seconds,
        requests=rates.fill * edge.fills + rates.read * count.hits,
        recall=rates.fetch * misses + rates.egress * count.missed_bytes,
        penalty=rates.penalty * misses,
        reads=count.reads,
        hits=count.hits,
        again=count.again,
        again_hits=count.again_hits,
        read_bytes=count.read_bytes,
        hit_bytes=count.hit_bytes,
        fills=edge.fills,
        evictions=edge.evictions,
        mean_bytes=edge.byte_seconds / seconds,
        peak_bytes=edge.peak_bytes,
    )
