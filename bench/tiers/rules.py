"""What rules of the edge cost beside the optimum.

Default <= 0.15 of everything on the edge, adaptive <= 1.3 of the clairvoyant. The worst of all
traces counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from bench.ingest.figures import Budget, Figure
from bench.ingest.plan import tell as say
from bench.tiers.plan import MovingPlan
from rushes.tiers.prices import PROVIDERS, make_rates
from rushes.tiers.replay import tell
from rushes.tiers.simulate import Contender, simulate
from rushes.tiers.traffic import Traffic, make_trace

COMPARED = (
    Contender.DEFAULT,
    Contender.ADAPTIVE,
    Contender.ALL_ON_EDGE,
    Contender.CLAIRVOYANT,
)


ROW = "rules"
DEFAULT, ADAPTIVE = Budget(0.15), Budget(1.3)


def measure(plan: MovingPlan) -> Iterator[Figure]:
    """Yield the figures of rules."""
    default, adaptive = [], []
    for seed in plan.seeds:
        for zipf in plan.zipf:
            found = compare(Traffic(plan.assets, zipf=zipf, seed=seed))
            default.append(found[0])
            adaptive.append(found[1])
            say(f"seed {seed} zipf {zipf}: default {found[0]:.3f}, adaptive {found[1]:.3f}")
    told = f"worst of {len(default)} traces"
    work = "cost of the default rule to everything on the edge"
    yield Figure(ROW, work, (max(default),), budget=DEFAULT, ours=told)
    work = "cost of `adaptive` to the clairvoyant"
    yield Figure(ROW, work, (max(adaptive),), budget=ADAPTIVE, ours=told)


def compare(traffic: Traffic) -> tuple[float, float]:
    """Return what the default rule costs of everything, and adaptive of the clairvoyant."""
    rates = make_rates(PROVIDERS["r2"], PROVIDERS["wasabi"], Decimal("0.001"))
    scores = {one.policy: one.cost for one in simulate(tell(make_trace(traffic)), rates, COMPARED)}
    default, adaptive = scores["default"], scores["adaptive"]
    return default / scores["all_on_edge"], adaptive / scores["clairvoyant"]
