"""The command of a bench: its options, its rows one after the other, and where figures go.

Each bench says its rows and how much of everything they do; what is asked for, printed and written
is the same for all.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from bench.ingest.figures import MARK, Figure, format_markdown, format_text, place_table


def make_parser(prog: str, caption: str | None, rows: Collection[str]) -> argparse.ArgumentParser:
    """Return the options that every bench has; `caption` is the docstring of its module."""
    options = argparse.ArgumentParser(prog=prog, description=(caption or "").split("\n")[0])
    options.add_argument("--only", action="append", choices=list(rows), help="may be repeated")
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
    return options


def gather(
    names: Iterable[str], measure: Callable[[str], Iterable[Figure]], tell: Callable[[str], None]
) -> list[Figure]:
    """Return the figures of these rows, each told when it begins."""
    figures: list[Figure] = []
    for name in names:
        tell(f"--- {name}")
        figures += measure(name)
    return figures


def report(figures: Sequence[Figure], asked: argparse.Namespace, mark: str = MARK) -> int:
    """Print and write the figures; return the exit code, 1 where a budget is missed."""
    print(format_text(figures))
    if asked.json is not None:
        asked.json.write_text(json.dumps([figure.facts() for figure in figures], indent=1) + "\n")
    for page in asked.markdown:
        found = page.read_text() if page.exists() else ""
        page.write_text(place_table(found, format_markdown(figures), mark))
    return int(any(figure.is_missed for figure in figures))
