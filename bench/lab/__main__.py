"""What the lab costs, and how soon a film plays: one command, one table.

    python -m bench.lab [--quick] [--only ROW] [--folder PATH] [--json FILE] [--markdown FILE]

It ends with 1 where a budget is missed. Ladders are measured as ratios within one run, all else in
seconds: run it on a machine at rest, about ten minutes on two cores.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import MappingProxyType

from bench.command import gather, make_parser, report
from bench.ingest.figures import Figure
from bench.ingest.plan import tell
from bench.lab import ladder, playable, stills, viewers
from bench.lab.house import LabPlan

MARK = "lab"
ROWS: MappingProxyType[str, Callable[[LabPlan], Iterator[Figure]]] = MappingProxyType(
    {part.ROW: part.measure for part in (playable, viewers, stills, ladder)}
)


def main(words: Sequence[str]) -> int:
    """Measure what is asked for; return the exit code."""
    asked = _parse(words)
    with tempfile.TemporaryDirectory(prefix="rushes-lab-", dir=asked.folder) as name:
        plan = LabPlan(Path(name), rounds=asked.rounds)
        if asked.quick:
            plan = LabPlan(Path(name), seconds=12, rounds=1, uploads=3, seeks=5, minutes=5)
        figures = gather(asked.only or ROWS, lambda row: ROWS[row](plan), tell)
    return report(figures, asked, MARK)


def _parse(words: Sequence[str]) -> argparse.Namespace:
    options = make_parser("python -m bench.lab", __doc__, ROWS)
    options.add_argument("--folder", help="where films are made: 4 GiB in all")
    return options.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
