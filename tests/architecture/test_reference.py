"""The reference says what the code says: errors, settings, events and requirement rows."""

from __future__ import annotations

import re

import pytest

import make_reference
import rows
from rushes.cli.voice import EXIT_CODES
from rushes.errors import Kind
from rushes.http.problem import STATUSES
from tests.support.house import HOUSE, files_beside

CODE = re.compile(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z0-9]+)*")


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """The pages as the code would have them."""
    return make_reference.make_pages()


@pytest.mark.parametrize("name", make_reference.PAGES)
def test_a_page_made_from_the_code_is_current(pages: dict[str, str], name: str) -> None:
    """A new error, setting or event enters its page in the same commit: `make reference`."""
    assert pages[name] == make_reference.read_page(name)


def test_each_error_has_a_code_of_its_own_and_says_what_happened() -> None:
    """Programs tell errors apart by their code, people by their sentence."""
    errors = make_reference.list_errors()

    codes = [error.code for error in errors]

    assert sorted(set(codes)) == sorted(codes)
    assert [] == [code for code in codes if not CODE.fullmatch(code)]
    assert [] == [error.__name__ for error in errors if not error.__doc__]


def test_every_kind_has_its_answers() -> None:
    """No kind of error is without a status and an exit code."""
    assert set(Kind) == set(STATUSES) == set(EXIT_CODES)


def test_every_setting_says_why() -> None:
    """Meaning, reason and default stand in one place, and the page has them."""
    page = make_reference.read_page("settings.md")

    assert [] == [line for line in page.splitlines() if line.endswith("|  |")]


def test_tests_name_only_rows_that_exist() -> None:
    """A mark with a wrong id would prove nothing."""
    known = {row.id for row in rows.read_rows()}

    named = {
        row
        for file in files_beside()
        for call in re.findall(r"mark\.covers\(([^)]*)\)", file.text)
        for row in re.findall(r'"([^"]+)"', call)
    }

    assert set() == named - known


def test_each_row_of_the_requirements_stands_once() -> None:
    """466 rows: 322 behaviours, 25 settled conflicts, 99 guarded faults, 20 wishes."""
    ids = [row.id for row in rows.read_rows()]

    assert 466 == len(ids) == len(set(ids))


def test_the_glossary_has_each_word_once() -> None:
    """Words are defined in one place, and sorted nowhere else."""
    page = (HOUSE / "docs" / "glossary.md").read_text(encoding="utf-8")
    words = re.findall(r"^\| \*\*(.+?)\*\* \|", page, re.MULTILINE)

    assert len(set(words)) == len(words) > 30
