"""What tiers cost: movements beside rclone, recalls, crowds, rules. One command, one table.

    python -m bench.tiers [--quick] [--only ROW] [--json FILE] [--markdown FILE]

It ends with 1 where a budget is missed. Linux only; what is not installed is told in the table.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

from bench.command import gather, make_parser, report
from bench.ingest.figures import Figure
from bench.ingest.machine import allow_many_files
from bench.ingest.plan import tell
from bench.tiers import copier, planning, recall, rules
from bench.tiers.plan import MovingPlan

MARK = "bench tiers"
ROWS: MappingProxyType[str, Callable[[MovingPlan], Iterator[Figure]]] = MappingProxyType(
    {part.ROW: part.measure for part in (copier, recall, planning, rules)}
)
QUICK: MappingProxyType[str, Any] = MappingProxyType(
    {"object_mib": 256, "first_bytes": 11, "seeds": (1,)}
)


def main(words: Sequence[str]) -> int:
    """Measure what is asked for; return the exit code."""
    asked = _parse(words)
    allow_many_files()
    with TemporaryDirectory(prefix="rushes-bench-", dir=asked.disk) as folder:
        plan = MovingPlan(Path(folder), asked.rounds, **QUICK if asked.quick else {})
        figures = gather(asked.only or ROWS, lambda row: ROWS[row](plan), tell)
    return report(figures, asked, MARK)


def _parse(words: Sequence[str]) -> argparse.Namespace:
    options = make_parser("python -m bench.tiers", __doc__, ROWS)
    options.add_argument("--disk", type=Path, help="a folder on a real disk")
    return options.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
