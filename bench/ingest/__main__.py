"""What ingest costs, as ratios within one run, beside other servers: one command, one table.

    python -m bench.ingest [--quick] [--only ROW] [--json FILE] [--markdown FILE]

It ends with 1 where a budget is missed. Linux only; what is not installed is told in the table.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import MappingProxyType

from bench.command import gather, make_parser, report
from bench.ingest import appends, bodies, bucket, crowd, memory, peers, ranges
from bench.ingest.figures import Figure
from bench.ingest.machine import allow_many_files
from bench.ingest.plan import Plan, tell

ROWS: MappingProxyType[str, Callable[[Plan], Iterator[Figure]]] = MappingProxyType(
    {part.ROW: part.measure for part in (bodies, memory, ranges, appends, crowd, bucket)}
)
QUICK = MappingProxyType(
    {"body_mib": 512, "stream_mib": 512, "range_mib": 512, "bucket_mib": 256, "appends": 100}
    | {"idle": 1_000, "open_at_once": 100}
)


def main(words: Sequence[str]) -> int:
    """Measure what is asked for; return the exit code."""
    asked = _parse(words)
    allow_many_files()
    peers.CACHE.mkdir(parents=True, exist_ok=True)
    memory_folder = Path(tempfile.mkdtemp(prefix="rushes-bench-", dir=asked.memory))
    disk_folder = Path(tempfile.mkdtemp(prefix="run-", dir=asked.disk))
    plan = Plan(
        memory=memory_folder, disk=disk_folder, rounds=asked.rounds, **QUICK if asked.quick else {}
    )
    try:
        figures = gather(asked.only or ROWS, lambda row: ROWS[row](plan), tell)
    finally:
        shutil.rmtree(memory_folder)
        shutil.rmtree(disk_folder)
    return report(figures, asked)


def _parse(words: Sequence[str]) -> argparse.Namespace:
    options = make_parser("python -m bench.ingest", __doc__, ROWS)
    options.add_argument("--memory", type=Path, default=Path("/dev/shm"), help="a tmpfs")  # noqa: S108
    options.add_argument("--disk", type=Path, default=peers.CACHE, help="a folder on a real disk")
    return options.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
