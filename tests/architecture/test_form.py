"""Files, functions and names keep the limits of the house."""

from __future__ import annotations

import statistics
import textwrap
from pathlib import Path

import pytest

from tests.architecture import form
from tests.support.house import SourceFile, files_beside, source_files


def planted(text: str, path: str = "planted.py") -> SourceFile:
    """Return a file that stands nowhere."""
    source = textwrap.dedent(text)
    return SourceFile.of(Path(path), source)


@pytest.mark.parametrize("check", form.CHECKS, ids=lambda check: check.__name__)
def test_the_house_keeps_its_form(check: form.Check) -> None:
    """Every file of the product, of the tests and of the tools passes."""
    files = [*source_files(), *files_beside()]

    assert [] == [finding for file in files for finding in check(file)]


PLANTED = {
    "too_long_function": "def f() -> None:\n" + "    pass\n" * 60,
    "too_long_file": '"""A file."""\n' + "X = 1\n" * 400,
    "too_many_parameters": "def f(a: int, b: int, c: int, d: int, e: int, x: int, g: int) -> int:"
    " ...\n",
    "no_caption": "X = 1\n",
    "unclear_names": "class UploadManager: ...\n",
    "import_inside_a_function": "def f() -> None:\n    import os\n",
    "broad_except": "try:\n    pass\nexcept Exception:\n    pass\n",
    "plain_comparison_of_a_secret": "def f(token: str, given: str) -> bool:\n"
    "    return token == given\n",
    "program_started_elsewhere": "import asyncio\n\nasync def f() -> None:\n"
    "    await asyncio.create_subprocess_exec('true')\n",
    "unannotated_function": "def f(a): ...\n",
    "note_to_do": "X = 1  # TO" + "DO later\n",
}
"""For each check, what it has to find."""


@pytest.mark.parametrize("check", form.CHECKS, ids=lambda check: check.__name__)
def test_a_planted_fault_is_found(check: form.Check) -> None:
    """Each check fails on the smallest thing that it is there for."""
    if check.__name__ == "re_export":
        file = planted("from rushes.ids import new\n", "src/rushes/uploads/__init__.py")
    else:
        file = planted(PLANTED[check.__name__])

    assert 1 == len(list(check(file)))


@pytest.mark.parametrize("name", ["helpers", "upload_utils", "base", "core", "file_processor"])
def test_a_module_with_an_unclear_name_is_found(name: str) -> None:
    """A name that says nothing is refused as a file name, too."""
    file = planted('"""A file."""\n', f"{name}.py")

    assert 1 == len(list(form.unclear_names(file)))


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (form.too_long_function, "def f() -> None:\n" + "    pass\n" * 59),
        (form.too_long_file, '"""A file."""\n' + "X = 1\n" * 399),
        (
            form.too_many_parameters,
            "def f(a: int, b: int, c: int, d: int, e: int, f: int, *, g: int) -> None: ...",
        ),
        (form.plain_comparison_of_a_secret, "def f(token: str) -> bool:\n    return token == ''\n"),
    ],
)
def test_what_is_just_within_its_limit_passes(check: form.Check, text: str) -> None:
    """The limit itself is allowed."""
    assert [] == list(check(planted(text)))


def test_ignored_types_stay_within_their_budget() -> None:
    """At most two of 1,000 lines of the product tell mypy to look away, each with its code."""
    lines = sum(file.text.count("\n") for file in source_files())
    ignored = sum(file.text.count("type: ignore") for file in source_files())

    assert ignored * 1000 <= 2 * lines


def test_broad_excepts_stay_within_their_budget() -> None:
    """Five in all: the worker's loop, the edge of HTTP, the edge of the command line."""
    found = [place for file in source_files() for place in form.find_broad_excepts(file)]

    assert len(found) <= 5, found


def test_the_typical_function_is_short() -> None:
    """Half of all functions have at most 12 lines with their docstring; 95 % at most 40."""
    lengths = [form.count_lines(node) for file in source_files() for node in file.functions()]

    assert statistics.median(lengths) <= 12
    assert statistics.quantiles(lengths, n=20)[-1] <= 40
