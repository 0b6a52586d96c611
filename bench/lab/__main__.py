"""What the lab costs, and how soon a film plays: one command, one table.

    python -m bench.lab [--quick] [--only ROW] [--folder PATH] [--json FILE] [--markdown FILE]

It ends with 1 where a budget is missed. Ladders are measured as ratios within one run, all else in
seconds: run it on a machine at rest, about ten minutes on two cores.
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
from bench.lab import ladder, playable, stills, viewers
from bench.lab.house import LabPlan

MARK = "lab"
ROWS: MappingProxyType[str, Callable[[LabPlan], Iterator[Figure]]] = MappingProxyType(
    {part.ROW: part.measure for part in (playable, viewers, stills, ladder)}
)


def main(words: Sequence[str]) -> int:
    """Measure what is asked for; return the exit code."""
    asked = _parse(words)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="rushes-lab-", dir=asked.folder) as name:
        plan = LabPlan(Path(name), rounds=asked.rounds)
        if asked.quick:
            plan = LabPlan(Path(name), seconds=12, rounds=1, uploads=3, seeks=5, minutes=5)
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
    options.add_argument("--folder", help="where films are made: 4 GiB in all")
    options.add_argument("--json", type=Path, help="write all figures there")
    options.add_argument(
        "--markdown", type=Path, action="append", default=[], help="place the table there"
    )
    return options.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
