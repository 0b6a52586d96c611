"""Say which rows of docs/reference/requirements.md are proven by tests, letter by letter.

    python tools/rows.py [--missing LETTER] [--json]

A row is proven by the tests that bear its id: `@pytest.mark.covers("X-UP-07")`. This reads the
marks of all collected tests, long ones too; whether the tests pass is what `make test` says.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HOUSE: Final = Path(__file__).resolve().parent.parent
PAGE: Final = HOUSE / "docs" / "reference" / "requirements.md"
ROW: Final = re.compile(
    r"\| (?P<id>(?:[XCSTM]-[A-Z]+|CF|BG|W)-\d+) \| (?P<behaviour>.*?) \| (?P<state>[a-z ]+) \| "
)


@dataclass(frozen=True, slots=True)
class Row:
    """One promise of the product."""

    id: str
    behaviour: str
    state: str

    @property
    def letter(self) -> str:
        """The document it comes from; `CF`, `BG` and `W` for the others."""
        return self.id.partition("-")[0]


def main() -> None:
    """Print the count of each letter, then the rows that no test bears."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--missing", metavar="LETTER", help="spell out the unproven rows of it")
    parser.add_argument("--json", action="store_true", help="print rows and their tests as JSON")
    wishes = parser.parse_args()
    rows = read_rows()
    proofs = collect_proofs()
    if wishes.json:
        print(json.dumps({row.id: proofs.get(row.id, []) for row in rows}, indent=1))
        return
    print_letters(rows, proofs)
    for row in rows:
        if row.letter == wishes.missing and row.state != "refused" and row.id not in proofs:
            print(f"{row.id}  {row.behaviour}")
    unknown = sorted(proofs.keys() - {row.id for row in rows})
    if unknown:
        sys.exit(f"Tests name rows that do not exist: {', '.join(unknown)}")


def read_rows() -> list[Row]:
    """Return the rows of the page, in its order."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    found = (ROW.match(line) for line in lines)
    return [Row(match["id"], match["behaviour"], match["state"]) for match in found if match]


def collect_proofs() -> dict[str, list[str]]:
    """Return the tests that bear each row, as pytest collects them."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "rows.json"
        command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "--long", "-p"]
        run = subprocess.run(
            [*command, "no:cacheprovider", "--rows", page],
            cwd=HOUSE,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode != 0:
            told = run.stdout.partition(" ERRORS ")[2] or run.stdout + run.stderr
            sys.exit(f"The tests could not be collected: {told}")
        proofs: dict[str, list[str]] = json.loads(page.read_text())
        return proofs


def print_letters(rows: list[Row], proofs: dict[str, list[str]]) -> None:
    """Print one paragraph a letter: how many are proven, and the ids that are not."""
    letters: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        letters[row.letter].append(row)
    for letter, members in letters.items():
        refused = [row.id for row in members if row.state == "refused"]
        built = [row.id for row in members if row.state != "refused"]
        proven = [name for name in built if name in proofs]
        print(f"{letter}: {len(proven)} of {len(built)} proven, {len(refused)} refused")
        print_ids("  proven", proven)
        print_ids("  not yet", [name for name in built if name not in proofs])


def print_ids(title: str, names: list[str]) -> None:
    """Print ids in lines that fit a terminal; nothing where there are none."""
    for start in range(0, len(names), 8):
        print(f"{title if start == 0 else '':10} {' '.join(names[start : start + 8])}")


if __name__ == "__main__":
    main()
