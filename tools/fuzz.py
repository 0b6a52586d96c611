"""Feeds parsers of ours with mutated input until the runs are done or one of them breaks.

    python tools/fuzz.py TARGET... [--runs N] [--seed S]
    python tools/fuzz.py all --runs 500000

The same seed makes the same inputs. A parser may only raise the errors that it declares; the first
other one ends its target, prints the input as hex and how to run it again, and the command fails.
"""

from __future__ import annotations

import argparse
import resource
import sys
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.fuzz.fuzzing import Found, fuzz
from tests.fuzz.targets import TARGETS

MEMORY_BYTES: Final = 2 * 2**30
HEX_SHOWN: Final = 4_096


def main() -> int:
    """Run what is asked for; print a line for each target; return an exit status."""
    asked = _read_arguments()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, hard))
    names = sorted(TARGETS) if "all" in asked.targets else asked.targets
    runs, is_broken = 0, False
    for name in names:
        tally = fuzz(TARGETS[name], asked.runs, asked.seed)
        runs += tally.runs
        words = "broken" if tally.found else "well"
        print(
            f"{name:12} {words:6} {tally.runs:>11,} runs  {tally.refused:>11,} refused "
            f"{tally.seconds:8.1f} s",
            flush=True,
        )
        if tally.found is not None:
            is_broken = True
            _tell(tally.found)
    print(f"{'all':12} {'broken' if is_broken else 'well':6} {runs:>11,} runs")
    return int(is_broken)


def _tell(found: Found) -> None:
    print(f"  run {found.number} of seed {found.seed}, {len(found.data)} bytes:")
    print(f"  {found.data.hex()[:HEX_SHOWN]}")
    print(found.words)


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("targets", nargs="+", choices=["all", *sorted(TARGETS)], metavar="TARGET")
    parser.add_argument("--runs", type=int, default=100_000, help="runs of each target")
    parser.add_argument("--seed", type=int, default=1, help="chooses the inputs")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
