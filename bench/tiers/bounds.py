"""How near to the clairvoyant a rule of windows can come on the made traces, seen afterwards.

    python -m bench.tiers.bounds [--assets 600] [--seeds 1,2,3] [--zipf 0.8,1.0,1.2]

Prints, as shares of the clairvoyant's cost, `adaptive`, the best window for each class (quality,
and whether it was read) and the best for each object. Both are chosen when the whole trace is
known: no rule that keeps a class, or an object, for a fixed time after each read costs less.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Hashable
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from rushes.tiers.prices import PROVIDERS, Rates, make_rates
from rushes.tiers.replay import Story, tell
from rushes.tiers.simulate import Contender, simulate
from rushes.tiers.trace import Event
from rushes.tiers.traffic import Traffic, make_trace


class Pause(NamedTuple):
    """From one event of an object to the next: seconds, whether a read ends it, its bytes."""

    seconds: float
    is_read: bool
    size_bytes: int


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--assets", type=int, default=600)
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--zipf", default="0.8,1.0,1.2")
    asked = parser.parse_args()
    rates = make_rates(PROVIDERS["r2"], PROVIDERS["wasabi"], Decimal("0.001"))
    for seed in asked.seeds.split(","):
        for zipf in asked.zipf.split(","):
            story = tell(make_trace(Traffic(asked.assets, zipf=float(zipf), seed=int(seed))))
            policies = (Contender.ADAPTIVE, Contender.CLAIRVOYANT)
            adaptive, optimum = (one.cost for one in simulate(story, rates, policies))
            by_class, by_object = bound(story, rates)
            print(f"seed {seed} zipf {zipf}: adaptive {adaptive / optimum:.2f},", end=" ")
            print(f"best by class {by_class / optimum:.2f},", end=" ")
            print(f"best by object {by_object / optimum:.2f} of the clairvoyant", flush=True)


def bound(story: Story, rates: Rates) -> tuple[float, float]:
    """Return the least cost of a window for each class, and of one for each object."""
    classes: dict[Hashable, list[Pause]] = defaultdict(list)
    objects: dict[Hashable, list[Pause]] = defaultdict(list)
    events: dict[int, list[tuple[float, Event | None]]] = defaultdict(list)
    for at, one, event in story.steps:
        events[one].append((at, event))
    for one, steps in events.items():
        for (begin, event), (end, ends) in pairwise([*steps, (story.end, None)]):
            pause = Pause(end - begin, ends is Event.READ, story.sizes[one])
            classes[story.qualities[one], event].append(pause)
            objects[one].append(pause)
    by_class, by_object = (
        sum(find_least(pauses, rates) for pauses in groups.values())
        for groups in (classes, objects)
    )
    return by_class, by_object


def find_least(pauses: list[Pause], rates: Rates) -> float:
    """Return what the best window for all of these costs; it ends with one of them, or is none.

    What is shorter than the window is kept to its end; of the longer ones the window is paid, and
    a miss where a read ends them.
    """
    ordered = sorted(pauses)
    rent = sum(rates.rent * each.size_bytes for each in ordered)
    missed = sum(rates.miss(each.size_bytes) for each in ordered if each.is_read)
    kept, least = 0.0, missed
    for each in ordered:
        kept += rates.rent * each.size_bytes * each.seconds
        rent -= rates.rent * each.size_bytes
        missed -= rates.miss(each.size_bytes) if each.is_read else 0.0
        least = min(least, kept + rent * each.seconds + missed)
    return least


if __name__ == "__main__":
    main()
