"""What rules of the edge cost beside the optimum, and what a plan over a million rows takes.

    python -m bench.tiers [--assets 3000] [--seeds 1,2,3] [--zipf 0.8,1.0,1.2] [--rows 1000000]

Prints a line for each trace, the worst of each ratio, and the plan's CPU seconds and memory.
Ends with 1 where a budget is missed: default <= 0.15 of everything on the edge, adaptive <= 1.3 of
the clairvoyant, the plan < 5 s and < 500 MiB.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

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


def main() -> int:
    """Measure, print, and return 1 where a budget is missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--assets", type=int, default=3_000)
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--zipf", default="0.8,1.0,1.2")
    parser.add_argument("--rows", type=int, default=1_000_000)
    asked = parser.parse_args()
    seconds, mebibytes = measure_plan(asked.rows)
    print(f"plan of {asked.rows} rows: {seconds:.2f} s of CPU, {mebibytes} MiB at most", flush=True)
    default, adaptive = [0.0], [0.0]
    for seed in asked.seeds.split(","):
        for zipf in asked.zipf.split(","):
            traffic = Traffic(asked.assets, zipf=float(zipf), seed=int(seed))
            found = compare(traffic)
            default.append(found[0])
            adaptive.append(found[1])
            print(f"seed {seed} zipf {zipf}: default {found[0]:.3f} of all on the edge,", end=" ")
            print(f"adaptive {found[1]:.3f} of the clairvoyant", flush=True)
    print(f"worst: default {max(default):.3f} (0.15), adaptive {max(adaptive):.3f} (1.3)")
    is_held = max(default) <= 0.15 and max(adaptive) <= 1.3
    return 0 if is_held and seconds < 5 and mebibytes < 500 else 1


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
    sys.exit(main())
