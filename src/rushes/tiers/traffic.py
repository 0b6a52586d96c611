"""A maker of traces: film work as it goes, from a seed.

1. Assets belong to projects of eight weeks, and arrive as those go on. Four of five are there when
   the trace begins: an archive grows for years, and little of it is watched.
2. How often an asset is played goes by Zipf's law; plays fall off with a half-life of 3 days.
3. Each project meets once a week, and two to eight people watch what came since the last time.
4. A quarter of the plays are of any assets, and which of these are wanted drifts by the month.
5. A play may be followed by others within the hours: pauses, a second look, a colleague.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from types import MappingProxyType
from typing import Final, NamedTuple

from rushes.tiers.trace import Event, Line

DAY: Final = 86_400.0
WEEK: Final = 7 * DAY
HALF_LIFE: Final = 3 * DAY
MONTH: Final = 30 * DAY
PROJECT: Final = 8 * WEEK
ASSETS_PER_PROJECT: Final = 25

RATES: Final = MappingProxyType(
    {
        "360p": 500_000,
        "540p": 1_000_000,
        "720p": 1_900_000,
        "1080p": 3_500_000,
        "2160p": 11_000_000,
    }
)
"""Average bit/s of the rungs."""

WISHES: Final = MappingProxyType(
    {"360p": 0.15, "540p": 0.20, "720p": 0.30, "1080p": 0.28, "2160p": 0.07}
)
"""Which rung a play takes; the next lower one where it was not made."""

HAS_2160P: Final = 0.3
FROM_OLD: Final = 0.25
LIBRARY: Final = 4
AGAIN: Final = 0.3
REVIEWED: Final = 0.7
WATCHERS: Final = (2, 8)


@dataclass(frozen=True, slots=True)
class Traffic:
    """How much work there is; `zipf` is the exponent, `plays` an average for each new asset."""

    assets: int = 3_000
    days: int = 180
    zipf: float = 1.0
    plays: float = 80.0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Film:
    """An asset: when it was made, its share of all plays by Zipf's law, bytes by quality."""

    name: str
    made_at: float
    weight: float
    project: int
    sizes: dict[str, int]


class Cause(StrEnum):
    """Why somebody watches."""

    FRESH = "fresh"
    REVIEW = "review"
    OLD = "old"


class Play(NamedTuple):
    """One play, and those that followed from it; no lines where it lies outside of the trace."""

    film: Film
    cause: Cause
    lines: tuple[Line, ...]


class Making(NamedTuple):
    """What a trace is made of; `favours` are each month's shares of the old plays by film."""

    films: list[Film]
    plays: list[Play]
    favours: list[dict[str, float]]


def make_trace(traffic: Traffic) -> list[Line]:
    """Return a trace in the order of time; the same seed gives the same lines."""
    films, plays, _ = make_plays(traffic)
    lines = [
        Line(max(film.made_at, 0.0), film.name, quality, size_bytes, "", Event.MADE)
        for film in films
        for quality, size_bytes in film.sizes.items()
    ]
    for play in plays:
        lines.extend(play.lines)
    return sorted(lines, key=lambda line: line.at)


def make_plays(traffic: Traffic) -> Making:
    """Return the films of a trace, the plays by their causes, and what was behind them."""
    chance = random.Random(traffic.seed)  # noqa: S311 - plausible, not secret
    end = traffic.days * DAY
    films = _make_films(traffic, chance, end)
    favours: list[dict[str, float]] = []
    found = (
        *((Cause.FRESH, *play) for play in _fresh(traffic, films, chance)),
        *((Cause.REVIEW, *play) for play in _reviews(films, chance)),
        *((Cause.OLD, *play) for play in _old(traffic, films, chance, favours)),
    )
    plays = [Play(film, cause, tuple(_watch(at, film, chance, end))) for cause, at, film in found]
    return Making(films, plays, favours)


def _make_films(traffic: Traffic, chance: random.Random, end: float) -> list[Film]:
    weights = [rank**-traffic.zipf for rank in range(1, traffic.assets + 1)]
    chance.shuffle(weights)
    total = sum(weights)
    projects = max(1, traffic.assets // ASSETS_PER_PROJECT)
    starts = [chance.uniform(-LIBRARY * end, end) for _ in range(projects)]
    films = []
    for number, weight in enumerate(weights):
        project = chance.randrange(projects)
        made_at = min(chance.uniform(0, PROJECT) + starts[project], end)
        seconds = min(chance.lognormvariate(math.log(600), 1.0), 3 * 3600)
        sizes = {name: int(seconds * rate / 8) for name, rate in RATES.items()}
        if chance.random() > HAS_2160P:
            del sizes["2160p"]
        films.append(Film(f"a{number}", made_at, weight / total, project, sizes))
    return films


def _fresh(
    traffic: Traffic, films: list[Film], chance: random.Random
) -> Iterator[tuple[float, Film]]:
    for film in films:
        count = film.weight * traffic.assets * traffic.plays * (1 - FROM_OLD)
        for _ in range(int(count + chance.random())):
            yield film.made_at + chance.expovariate(math.log(2) / HALF_LIFE), film


def _reviews(films: list[Film], chance: random.Random) -> Iterator[tuple[float, Film]]:
    offsets = {film.project: 0.0 for film in films}
    for project in offsets:
        offsets[project] = chance.randrange(5) * DAY + chance.uniform(9, 17) * 3600
    for film in films:
        if chance.random() < REVIEWED:
            offset = offsets[film.project]
            meeting = offset + math.ceil((film.made_at - offset) / WEEK) * WEEK
            for _ in range(chance.randint(*WATCHERS)):
                yield meeting + chance.uniform(0, 2 * 3600), film


def _old(
    traffic: Traffic, films: list[Film], chance: random.Random, favours: list[dict[str, float]]
) -> Iterator[tuple[float, Film]]:
    """Yield plays of the back catalogue, whose favourites are others each month."""
    films, end = sorted(films, key=lambda film: film.made_at), traffic.days * DAY
    births = [film.made_at for film in films]
    number = len(films) / (1 + LIBRARY) * FROM_OLD * traffic.plays
    for month in range(math.ceil(end / MONTH)):
        ranks = [rank**-traffic.zipf for rank in range(1, len(films) + 1)]
        chance.shuffle(ranks)
        sums = list(accumulate(ranks))
        alive = sums[max(bisect_right(births, (month + 0.5) * MONTH), 1) - 1]
        shares = zip(films, ranks, strict=True)
        favours.append({film.name: rank / alive for film, rank in shares})
        for _ in range(int(number * MONTH / end)):
            at = (month + chance.random()) * MONTH
            known = bisect_right(births, at)
            if known:
                pick = chance.random() * sums[known - 1]
                yield at, films[bisect_right(sums, pick, 0, known - 1)]


def _watch(at: float, film: Film, chance: random.Random, end: float) -> Iterator[Line]:
    """Yield one play, and those that follow from it."""
    wish = chance.choices(list(WISHES), list(WISHES.values()))[0]
    quality = wish if wish in film.sizes else "1080p"
    while 0 <= at < end:
        yield Line(at, film.name, quality, film.sizes[quality], "", Event.READ)
        if chance.random() > AGAIN:
            return
        at += chance.expovariate(1 / 3600)
