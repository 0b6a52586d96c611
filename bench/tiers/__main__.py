"""What tiers cost: movements beside rclone, recalls, crowds, rules. One command, one table.

    python -m bench.tiers [--quick] [--only ROW] [--json FILE] [--markdown FILE]

It ends with 1 where a budget is missed. Linux only; what is not installed is told in the table.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

from bench.ingest.figures import Figure, format_markdown, format_text, place_table
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
    figures: list[Figure] = []
    with TemporaryDirectory(prefix="rushes-bench-", dir=asked.disk) as folder:
        plan = MovingPlan(Path(folder), asked.rounds, **QUICK if asked.quick else {})
        for row in asked.only or ROWS:
            tell(f"--- {row}")
            figures += ROWS[row](plan)
    print(format_text(figures))
    if asked.json is not None:
        asked.json.write_text(json.dumps([figure.facts() for figure in figures], indent=1) + "\n")
    for page in asked.markdown:
        found = page.read_text() if page.exists() else ""
        page.write_text(place_table(found, format_markdown(figures), MARK))
    return int(any(figure.is_missed for figure in figures))


def _parse(words: Sequence[str]) -> argparse.Namespace:
    options = argparse.ArgumentParser(
        prog="python -m bench.tiers", description=(__doc__ or "").split("\n")[0]
    )
    options.add_argument("--only", action="append", choices=list(ROWS), help="may be repeated")
    options.add_argument("--quick", action="store_true", help="a little of everything")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--json", type=Path, help="write all figures there")
    options.add_argument(
        "--markdown",
        type=Path,
        action="append",
        default=[],
        help="write the table there, between the marks of a page that has them; may be repeated",
    )
    options.add_argument("--disk", type=Path, help="a folder on a real disk")
    return options.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
