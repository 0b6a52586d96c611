"""Write docs/reference/matrix.md: every cell of the test matrix, and how it is played.

    python tools/make_matrix.py [--check]

The rows are those that the tests read; `--check` writes nothing, and fails where the page is old.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.fixtures.matrix_cells import Cell  # noqa: E402 - the root has to be known before
from tests.fixtures.matrix_files import SECTIONS  # noqa: E402

PAGE: Final = ROOT / "docs" / "reference" / "matrix.md"
HEAD: Final = """# What is played, and how
<!-- Written by tools/make_matrix.py from tests/fixtures/matrix_*.py. -->

Each row is a file that a test makes, sends to a server, and watches before a ladder is made of it.
`make test` tries some of them, `make test-long` all, by `tests/acceptance/test_matrix.py`:

- Lists tile without a gap or an overlap; every segment begins with an IDR frame.
- Codec strings, sizes and bandwidths are those of the bytes.
- Another decoder reads all of it without a complaint.
- Chromium plays it to its end, with one unbroken buffer.
- **frames**: none is missing, doubled or late. *In order*: each bears its number, and all are read.
- **colours**: patches of red, green, blue and grey come out as they were, to 14 of 255.
- **sync**: flashes and beeps are where they are in the original, to 40 ms.
- Picture and sound begin and end together, to 40 ms, and a steady tone does not click.
- **likeness**: the lowest SSIM of any frame against the original.

`copy` is cut out of the original; `jit` is made while it is watched.
"""
COLUMNS: Final = (
    *("file", "what it is", "played by", "qualities", "frames", "colours", "sync", "likeness"),
)


def main() -> int:
    """Write the page, or say that it is old."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    text = format_page()
    if parser.parse_args().check:
        return int(text != PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(text, encoding="utf-8")
    return 0


def format_page() -> str:
    """Return the page."""
    parts = [HEAD]
    for title, cells in SECTIONS.items():
        if title == "Broken files":
            rows = [f"| {cell.name} | {cell.what} | {_outcome(cell)} |" for cell in cells]
            head = ["| file | what it is | what becomes of it |", "|---|---|---|"]
        else:
            rows = [_row(cell) for cell in cells]
            head = [f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]
        parts.append("\n".join([f"## {title}", *head, *rows, ""]))
    return "\n".join(parts)


def _row(cell: Cell) -> str:
    sizes = ", ".join(f"{width}x{height}" for width, height in cell.rungs) or "sound"
    order = "" if not cell.frames or cell.numbers == () else " in order"
    fields = (
        cell.name,
        cell.what,
        cell.path,
        sizes,
        f"{cell.frames}{order}" if cell.frames else "",
        "yes" if cell.frames and cell.has_colors else "",
        "yes" if cell.has_beeps and cell.sound is not None else "",
        f"> {cell.likeness}" if cell.likeness else "",
    )
    return "| " + " | ".join(fields) + " |"


def _outcome(cell: Cell) -> str:
    if cell.trouble is None:
        return "plays as far as it goes"
    plays = "plays as far as it goes, with " if cell.trouble == "media.damaged" else "kept, with "
    return f"{plays}`{cell.trouble}`"


if __name__ == "__main__":
    sys.exit(main())
