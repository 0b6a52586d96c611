"""What the lab costs, as ratios within one run: one command, one table.

    python -m bench.lab [--quick] [--only ROW] [--json FILE] [--markdown FILE]

It ends with 1 where a budget is missed. How soon a film plays and what stills take are told by
`bench.lab.playable` and `bench.lab.stills`, in seconds.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import MappingProxyType

from bench.ingest.figures import Figure, format_markdown, format_text, place_table
from bench.ingest.plan import tell
from bench.lab import ladder
from bench.lab.ladder import LabPlan

MARK = "lab"
QUICK_SECONDS, QUICK_ROUNDS = 12, 1
ROWS: MappingProxyType[str, Callable[[LabPlan], Iterator[Figure]]] = MappingProxyType(
    {part.ROW: part.measure for part in (ladder,)}
)


def main(words: Sequence[str]) -> int:
    """Measure what is asked for; return the exit code."""
    asked = _parse(words)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="rushes-lab-") as name:
        plan = LabPlan(Path(name), rounds=asked.rounds)
        if asked.quick:
            plan = LabPlan(Path(name), QUICK_SECONDS, QUICK_ROUNDS)
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
        prog="python -m bench.lab", description=(__doc__ or "").split("\n")[0]
    )
    options.add_argument("--only", action="append", choices=list(ROWS), help="may be repeated")
    options.add_argument("--quick", action="store_true", help="a little of everything")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--json", type=Path, help="write all figures there")
    options.add_argument(
        "--markdown", type=Path, action="append", default=[], help="place the table there"
    )
    return options.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
