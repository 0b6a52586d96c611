"""The clairvoyant: the least that any policy could pay that brings objects only when they are read.

Without a cap each object stands alone, and what is best for it is exact: two costs, of having it
after an event and of not having it, are carried from event to event.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from math import inf
from typing import NamedTuple

from rushes.tiers.prices import Rates
from rushes.tiers.replay import Count, Edge, Score, Story, score
from rushes.tiers.trace import Event


class Chain(NamedTuple):
    """Whether a read was a hit, and the reads before it."""

    is_hit: bool
    before: Chain | None


class Way(NamedTuple):
    """A way through the events of an object so far: its cost, and what it did.

    `reads` is a chain: whether the last read was a hit, and the chain before it.
    """

    cost: float
    reads: Chain | None = None
    fills: int = 0
    held_seconds: float = 0.0


NOWHERE = Way(inf)


def foresee(story: Story, rates: Rates, *, name: str = "clairvoyant") -> Score:
    """Return what the best decisions come to, known from the whole story."""
    count, edge = Count(story.sizes), Edge(story.sizes)
    for one, events in _by_object(story):
        way = best_way(events, story.sizes[one], rates)
        edge.fills += way.fills
        edge.byte_seconds += way.held_seconds * story.sizes[one]
        read = way.reads
        while read is not None:
            count.read(one, is_hit=read.is_hit)
            read = read.before
    return score(name, story, count, edge, rates)


def _by_object(story: Story) -> Iterator[tuple[int, list[tuple[float, Event]]]]:
    ordered = sorted(story.steps, key=lambda step: step[1])
    for one, steps in groupby(ordered, key=lambda step: step[1]):
        yield one, [(at, event) for at, _, event in steps]


def best_way(events: list[tuple[float, Event]], size_bytes: int, rates: Rates) -> Way:
    """Return the cheapest way through the events of one object, which are in order."""
    having, lacking, before = NOWHERE, Way(0.0), 0.0
    for at, event in events:
        having = _hold(having, at - before, rates.rent * size_bytes)
        before = at
        if event is Event.DELETE:
            having, lacking = NOWHERE, min(having, lacking, key=_cost)
            continue
        if event is Event.READ:
            having, lacking = (
                _read(having, rates.read, is_hit=True),
                _read(lacking, rates.miss(size_bytes), is_hit=False),
            )
        having, lacking = (
            min(having, _fill(lacking, rates.fill), key=_cost),
            min(having, lacking, key=_cost),
        )
    return lacking


def _cost(way: Way) -> float:
    return way.cost


def _hold(way: Way, seconds: float, rent: float) -> Way:
    held = way.held_seconds + seconds
    return Way(way.cost + rent * seconds, way.reads, way.fills, held)


def _read(way: Way, cost: float, *, is_hit: bool) -> Way:
    return Way(way.cost + cost, Chain(is_hit, way.reads), way.fills, way.held_seconds)


def _fill(way: Way, cost: float) -> Way:
    return Way(way.cost + cost, way.reads, way.fills + 1, way.held_seconds)
