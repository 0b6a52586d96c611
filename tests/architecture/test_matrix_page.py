"""The page of the matrix says what the tests try."""

from __future__ import annotations

from pathlib import Path

import make_matrix
from tests.fixtures.matrix_files import HEALTHY
from tests.fixtures.matrix_shapes import BROKEN

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "matrix.md"


def test_the_page_of_the_matrix_is_the_one_its_rows_make() -> None:
    """Run `python tools/make_matrix.py` after a change of the rows."""
    assert make_matrix.format_page() == PAGE.read_text(encoding="utf-8")


def test_no_two_cells_have_one_name() -> None:
    """A name is a file."""
    names = [cell.name for cell in (*HEALTHY, *BROKEN)]
    assert sorted(set(names)) == sorted(names)
