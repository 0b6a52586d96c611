"""What rules of the edge cost beside the optimum, and what a plan over a million rows takes.

Default <= 0.15 of everything on the edge, adaptive <= 1.3 of the clairvoyant, the plan < 5 s of CPU
and < 500 MiB. The worst of all traces counts.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bench.ingest.figures import Budget, Figure
from bench.ingest.plan import tell as say
from bench.tiers.plan import MovingPlan
from rushes.tiers.prices import PROVIDERS, make_rates
from rushes.tiers.replay import tell
from rushes.tiers.retention import Held, Usage, plan
from rushes.tiers.rules import PRESETS, Kind, Preset
from rushes.tiers.simulate import Contender, simulate
from rushes.tiers.traffic import Traffic, make_trace

NOW = datetime(2026, 11, 21, tzinfo=UTC)
QUALITIES = ("360p", "540p", "720p", "1080p", "2160p")
COMPARED = (
    Contender.DEFAULT,
    Contender.ADAPTIVE,
    Contender.ALL_ON_EDGE,
    Contender.CLAIRVOYANT,
)


ROW = "rules"
DEFAULT, ADAPTIVE = Budget(0.15), Budget(1.3)
SECONDS, MEMORY = Budget(5), Budget(500)


def measure(plan: MovingPlan) -> Iterator[Figure]:
    """Yield the figures of rules."""
    measured = subprocess.run(
        [sys.executable, "-m", "bench.tiers.rules", str(plan.rows)],
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, mebibytes = map(float, measured.stdout.split())
    yield Figure(ROW, f"a plan of {plan.rows:,} rows: CPU", (seconds,), "s", SECONDS)
    yield Figure(ROW, "the same: memory of the process", (mebibytes,), "MiB", MEMORY)
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


def measure_plan(count: int) -> tuple[float, int]:
    """Return the CPU seconds of a plan without those of making its rows, and the peak of memory."""
    started = time.process_time()
    for _ in make_rows(count):
        pass
    made = time.process_time()
    plan(make_rows(count), PRESETS[Preset.DEFAULT], Usage(10**11, NOW), NOW)
    seconds = time.process_time() - made - (made - started)
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def make_rows(count: int) -> Iterator[Held]:
    """Yield rows of every quality and age, one in fifty of them not archived."""
    for number in range(count):
        yield Held(
            placement_id=f"plc_{number:026d}",
            object_id=f"rnd_{number:026d}",
            content_id=f"cnt_{number // 5:026d}",
            kind=Kind.VIDEO,
            quality=QUALITIES[number % 5],
            project_id=f"prj_{number % 100}",
            size_bytes=number * 7919 % (4 * 10**9),
            arrived_at=NOW - timedelta(days=number % 90),
            last_access_at=NOW - timedelta(minutes=number * 31 % (60 * 24 * 45)),
            pinned_until=None,
            is_archived=number % 50 != 0,
        )


def compare(traffic: Traffic) -> tuple[float, float]:
    """Return what the default rule costs of everything, and adaptive of the clairvoyant."""
    rates = make_rates(PROVIDERS["r2"], PROVIDERS["wasabi"], Decimal("0.001"))
    scores = {one.policy: one.cost for one in simulate(tell(make_trace(traffic)), rates, COMPARED)}
    default, adaptive = scores["default"], scores["adaptive"]
    return default / scores["all_on_edge"], adaptive / scores["clairvoyant"]


if __name__ == "__main__":
    print(*measure_plan(int(sys.argv[1])))
