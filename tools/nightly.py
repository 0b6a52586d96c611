"""The long rounds, one after the other: kills, power cuts, long tests, bench; then a table.

    python tools/nightly.py --rounds full

A round that fails does not keep the others; the exit code is 1 if one did. Each has its own limit,
so that the whole ends within about five hours. What each one printed lies in `artifacts/nightly`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HOUSE: Final = Path(__file__).parents[1]
LOGS: Final = HOUSE / "artifacts" / "nightly"
FAULTS: Final = ("-m", "tests.faults.long")
MINUTE: Final = 60


@dataclass(frozen=True, slots=True)
class Round:
    """One line of the table: what runs, how often where it counts rounds, and for how long."""

    name: str
    words: tuple[str, ...]
    minutes: int
    full: int = 0
    quick: int = 0

    def command(self, size: str, jobs: str) -> list[str]:
        """Return the command line."""
        rounds = self.full if size == "full" else self.quick
        limit = str(self.minutes * 2 // 3)  # the rest is for what was sent to be looked at
        counted = ["--rounds", str(rounds), "--minutes", limit] if rounds else []
        words = [word.format(jobs=jobs) for word in self.words]
        return [sys.executable, *words, *counted]


ROUNDS: Final = (
    Round("kills, folder", (*FAULTS, "kills"), 60, 70, 3),
    Round("kills, bucket", (*FAULTS, "kills", "--store", "s3"), 60, 70, 3),
    Round("kills, PostgreSQL", (*FAULTS, "kills", "--database", "postgres"), 60, 60, 3),
    Round(
        "kills, bucket, PostgreSQL",
        (*FAULTS, "kills", "--store", "s3", "--database", "postgres"),
        45,
        20,
        2,
    ),
    Round("power cuts, ext4", (*FAULTS, "cuts", "--disk", "ext4"), 30, 20, 2),
    Round("power cuts, xfs", (*FAULTS, "cuts", "--disk", "xfs"), 30, 20, 2),
    Round("failing disk", (*FAULTS, "disk"), 30, 20, 2),
    Round("failing disk, bucket", (*FAULTS, "disk", "--store", "s3"), 30, 20, 2),
    Round("silent senders", (*FAULTS, "stalls"), 10, 20, 3),
    Round("silent senders, PostgreSQL", (*FAULTS, "stalls", "--database", "postgres"), 10, 20, 3),
    Round("movements, folder", (*FAULTS, "movements"), 30, 200, 24),
    Round("movements, Swift", (*FAULTS, "movements", "--edge", "swift"), 40, 200, 24),
    Round("kills in ladders", (*FAULTS, "ladder"), 60, 50, 3),
    Round("long tests", ("-m", "pytest", "-q", "-n", "{jobs}", "--long", "-m", "long"), 60),
    Round("fuzzing", ("tools/fuzz.py", "all", "--runs", "500000"), 60),
    Round("bench", ("-m", "bench.ingest"), 30),
    Round("bench of the lab", ("-m", "bench.lab"), 30),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a round went."""

    name: str
    is_good: bool
    seconds: float
    last: str


def main() -> int:
    """Run every round, print the table, and say whether all were good."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", choices=["full", "quick"], default="full")
    parser.add_argument("--jobs", default="2")
    parser.add_argument("--only", help="rounds whose name has this word")
    words = parser.parse_args()
    chosen = [each for each in ROUNDS if (words.only or "") in each.name]
    LOGS.mkdir(parents=True, exist_ok=True)
    outcomes = [run(each, each.command(words.rounds, words.jobs)) for each in chosen]
    print_table(outcomes)
    return 0 if all(outcome.is_good for outcome in outcomes) else 1


def run(each: Round, command: Sequence[str]) -> Outcome:
    """Run one round to its end or its limit."""
    print(f"{each.name} ...", flush=True)
    log = LOGS / f"{each.name.replace(', ', '-').replace(' ', '-')}.log"
    begun = time.monotonic()
    with log.open("w", encoding="utf-8") as file:
        try:
            done = subprocess.run(
                command,
                cwd=HOUSE,
                env=environment(),
                stdout=file,
                stderr=subprocess.STDOUT,
                timeout=each.minutes * MINUTE,
                check=False,
            )
            is_good = done.returncode == 0
        except subprocess.TimeoutExpired:
            file.write(f"\nended after {each.minutes} minutes\n")
            is_good = False
    lines = [line for line in log.read_text(encoding="utf-8").splitlines() if line.strip()]
    return Outcome(each.name, is_good, time.monotonic() - begun, lines[-1] if lines else "")


def environment() -> Mapping[str, str]:
    """Return the environment, in which this house's own code is found first."""
    known = dict(os.environ)
    known["PYTHONPATH"] = f"{HOUSE / 'src'}:{HOUSE}"
    return known


def print_table(outcomes: Sequence[Outcome]) -> None:
    """Print one line for each round."""
    print(f"\n{'round':<27} {'':<6} {'minutes':>7}  last words")
    for outcome in outcomes:
        word = "good" if outcome.is_good else "BROKEN"
        print(f"{outcome.name:<27} {word:<6} {outcome.seconds / MINUTE:>7.1f}  {outcome.last}")


if __name__ == "__main__":
    sys.exit(main())
