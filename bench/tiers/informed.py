"""What a rule would cost that knows the law of the made traces, and not the dice.

    python -m bench.tiers.informed [--assets 600] [--seeds 1] [--zipf 0.8,1.0,1.2]

It is told all that `rushes.tiers.traffic` is made of: Zipf's weights, the half-life, the shares of
the qualities, the favourites of each month, which plays are of what is new, which films are
reviewed and when, and every read that follows within four hours. What it must find out is how
popular a film is, from its plays (by Bayes, with the true weights before); nobody outside knows
half of that. After each event of an object it keeps it for the time that costs least on average:
since an object may be brought at every read for nearly nothing, each pause stands alone.

Prints its cost, `popular` the cost if it were told how often each film will still be played, both
as shares of the clairvoyant's.
"""

from __future__ import annotations

import argparse
import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from rushes.tiers.prices import PROVIDERS, Rates, make_rates
from rushes.tiers.replay import tell
from rushes.tiers.simulate import Contender, simulate
from rushes.tiers.traffic import (
    DAY,
    FROM_OLD,
    HALF_LIFE,
    LIBRARY,
    MONTH,
    WATCHERS,
    WISHES,
    Cause,
    Film,
    Play,
    Traffic,
    make_plays,
    make_trace,
)

FADE = math.log(2) / HALF_LIFE
TOLD_SECONDS = 4 * 3600.0
STEPS = 48
SHORTEST = 600.0
MEETING_SECONDS = 2 * 3600.0
PEOPLE = range(WATCHERS[0], WATCHERS[1] + 1)


@dataclass(frozen=True, slots=True)
class Law:
    """What the rule knows: expected fresh plays, how many films have them, the months' favours."""

    fresh: tuple[tuple[float, int], ...]
    favours: Sequence[Mapping[str, float]]
    old_rate: float
    """Plays of the back catalogue in a second, of all films together."""
    end: float


@dataclass(slots=True)
class History:
    """What happens to a film: plays while it is new, in the trace and after it, and its review."""

    fresh: list[float] = field(default_factory=list)
    beyond: int = 0
    meeting: float = math.inf
    reads: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--assets", type=int, default=600)
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--zipf", default="0.8,1.0,1.2")
    asked = parser.parse_args()
    rates = make_rates(PROVIDERS["r2"], PROVIDERS["wasabi"], Decimal("0.001"))
    for seed in asked.seeds.split(","):
        for zipf in asked.zipf.split(","):
            traffic = Traffic(asked.assets, zipf=float(zipf), seed=int(seed))
            (optimum,) = simulate(tell(make_trace(traffic)), rates, (Contender.CLAIRVOYANT,))
            learned, told = (inform(traffic, rates, is_told=each) for each in (False, True))
            print(f"seed {seed} zipf {zipf}: informed {learned / optimum.cost:.2f},", end=" ")
            print(f"popular {told / optimum.cost:.2f} of the clairvoyant", flush=True)


def inform(traffic: Traffic, rates: Rates, *, is_told: bool) -> float:
    """Return the cost of the informed rule; `is_told`: it knows each film's plays to come."""
    films, plays, favours = make_plays(traffic)
    law, histories = make_law(traffic, films, favours), _list_histories(plays)
    return sum(
        _sum_pauses(law, film, histories[film.name], quality, rates, is_told=is_told)
        for film in films
        for quality in film.sizes
    )


def _list_histories(plays: Sequence[Play]) -> Mapping[str, History]:
    found: dict[str, History] = defaultdict(History)
    for play in plays:
        history = found[play.film.name]
        if play.cause is Cause.FRESH and play.lines:
            history.fresh.append(play.lines[0].at)
        elif play.cause is Cause.FRESH and play.film.made_at > 0:
            history.beyond += 1
        elif play.cause is Cause.REVIEW and play.lines:
            history.meeting = min(history.meeting, play.lines[0].at)
        for line in play.lines:
            history.reads[line.quality].append(line.at)
    return found


def _sum_pauses(
    law: Law, film: Film, history: History, quality: str, rates: Rates, *, is_told: bool
) -> float:
    """Return what all pauses of one object cost, and its reads."""
    size_bytes, wish = film.sizes[quality], WISHES[quality]
    if quality == "1080p" and "2160p" not in film.sizes:
        wish += WISHES["2160p"]
    times = sorted(history.reads[quality])
    price = (rates.rent * size_bytes, rates.miss(size_bytes) - rates.read)
    cost = len(times) * rates.read
    for at, ends in zip([max(film.made_at, 0.0), *times], [*times, None], strict=True):
        hazard = _hazard(law, film, history, wish, at, is_told=is_told)
        cost += _wait(at, ends, law.end, hazard, price)
    return cost


def make_law(
    traffic: Traffic, films: Sequence[Film], favours: Sequence[Mapping[str, float]]
) -> Law:
    """Return what the makers of a trace know before they throw the dice."""
    new = traffic.assets * traffic.plays * (1 - FROM_OLD)
    counted = Counter(round(film.weight * new, 1) for film in films)
    end = traffic.days * DAY
    old = len(films) / (1 + LIBRARY) * FROM_OLD * traffic.plays / end
    return Law(tuple(counted.items()), favours, old, end)


@dataclass(frozen=True, slots=True)
class Hazard:
    """How likely a read comes: of so many plays that fade, with a weight each, or steadily."""

    left: tuple[tuple[float, float], ...]
    wish: float
    steady: tuple[tuple[float, float, float], ...]
    """Spans by their begin and end in seconds from now, and reads in a second."""
    meeting: float
    """In how many seconds people come together to watch the film."""
    is_exact: bool

    def survive(self, seconds: float) -> float:
        """Return how likely no read has come after so long."""
        part = self.wish * -math.expm1(-FADE * seconds)
        if self.is_exact:
            still = sum(weight * (1 - part) ** plays for plays, weight in self.left)
        else:
            still = sum(weight * math.exp(-plays * part) for plays, weight in self.left)
        begun = min(max((seconds - self.meeting) / MEETING_SECONDS, 0.0), 1.0)
        absent = sum((1 - self.wish) ** people for people in PEOPLE) / len(PEOPLE)
        come = sum(
            rate * (min(seconds, end) - begin)
            for begin, end, rate in self.steady
            if seconds > begin
        )
        return still * math.exp(-come) * (1 - begun * (1 - absent))


def _hazard(
    law: Law, film: Film, history: History, wish: float, at: float, *, is_told: bool
) -> Hazard:
    steady = tuple(
        (
            max(number * MONTH - at, 0.0),
            (number + 1) * MONTH - at,
            wish * law.old_rate * shares[film.name],
        )
        for number, shares in enumerate(law.favours)
        if (number + 1) * MONTH > at
    )
    history.fresh.sort()
    seen = bisect_right(history.fresh, at)
    meeting = history.meeting - at if history.meeting > at else math.inf
    if is_told:
        left = ((len(history.fresh) - seen + history.beyond, 1.0),)
        return Hazard(left, wish, steady, meeting, is_exact=True)
    faded = math.exp(-FADE * (at - film.made_at))
    likely = [
        (plays * faded, math.log(films) + seen * math.log(mean) - mean)
        for plays, films in law.fresh
        for mean in [plays * (1 - faded) + 1e-9]
    ]
    most = max(each for _, each in likely)
    weights = [(plays, math.exp(each - most)) for plays, each in likely if each > most - 20]
    total = sum(weight for _, weight in weights)
    return Hazard(
        tuple((plays, weight / total) for plays, weight in weights),
        wish,
        steady,
        meeting,
        is_exact=False,
    )


def _wait(
    at: float, ends: float | None, end: float, hazard: Hazard, price: tuple[float, float]
) -> float:
    """Return what a pause costs; `ends` is its read, `price` rent by the second, and a miss."""
    rent, miss = price
    span = (end if ends is None else ends) - at
    if ends is not None and span <= TOLD_SECONDS:
        return min(rent * span, miss)
    window = _best_window(end - at, hazard, rent, miss)
    return rent * min(span, window) + (miss if ends is not None and span > window else 0.0)


def _best_window(longest: float, hazard: Hazard, rent: float, miss: float) -> float:
    """Return the time to keep an object that costs least on average."""
    if longest <= SHORTEST:
        return 0.0
    step = (longest / SHORTEST) ** (1 / STEPS)
    times = [0.0, *(SHORTEST * step**number for number in range(STEPS + 1))]
    ends = hazard.meeting + MEETING_SECONDS
    if ends < longest:
        times = sorted([*times, hazard.meeting, ends])
    best, window, held, before, still = 0.0, 0.0, 0.0, 0.0, 1.0
    for time in times[1:]:
        now = hazard.survive(time)
        held += (still + now) / 2 * (time - before)
        before, still = time, now
        gain = miss * (1 - still) - rent * held
        if gain > best:
            best, window = gain, time
    return window


if __name__ == "__main__":
    main()
