"""Rooms look left, nouns do nothing, and the contracts know every module."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.house import HOUSE, SOURCES, contracts, find_pure_modules, listed, module_name

ROOMS_OF_SHELLS = frozenset({"cli", "client", "db", "http", "web"})


def lint(house: Path) -> subprocess.CompletedProcess[str]:
    """Run lint-imports over a house."""
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--config", "importlinter.ini", "--no-cache", "--no-logo"],
        cwd=house,
        env={**os.environ, "PYTHONPATH": str(house / "src")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the sources and of their contracts, to plant faults in."""
    shutil.copytree(SOURCES, tmp_path / "src" / "rushes", ignore=shutil.ignore_patterns("static"))
    shutil.copy(HOUSE / "importlinter.ini", tmp_path)
    return tmp_path


def test_every_contract_is_kept() -> None:
    """`lint-imports` finds nothing: no ring, no look to the right, no second door."""
    run = lint(HOUSE)

    assert 0 == run.returncode, run.stdout + run.stderr


PLANTED = {
    "a noun starts programs": ("media/ladder.py", "import subprocess"),
    "a room looks right": ("library/asset.py", "import rushes.{last}"),
    "a deed asks the database": ("media/grid.py", "import sqlalchemy"),
    "a room sees a request": ("library/filing.py", "import fastapi"),
    "a noun reads the clock": ("library/asset.py", "import rushes.clock"),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_import_breaks_a_contract(copy: Path, fault: str) -> None:
    """The contracts are no decoration."""
    place, line = PLANTED[fault]
    last = next(name for name in ("cli", "http", "web") if (SOURCES / name).is_dir())
    path = copy / "src" / "rushes" / place
    path.write_text(f"{path.read_text()}\n{line.format(last=last)}\n")

    run = lint(copy)

    assert 1 == run.returncode, run.stdout + run.stderr
    assert "BROKEN" in run.stdout


def test_a_ring_inside_a_room_breaks_a_contract(copy: Path) -> None:
    """Two files of one room that need each other are one file, or three."""
    media = copy / "src" / "rushes" / "media"
    for here, there in (("grid", "ladder"), ("ladder", "grid")):
        path = media / f"{here}.py"
        path.write_text(f"{path.read_text()}\nimport rushes.media.{there}\n")

    run = lint(copy)

    assert 1 == run.returncode, run.stdout + run.stderr


def test_every_module_that_could_be_pure_is_held_to_it() -> None:
    """A module of a room that reaches nothing that does stands in the list of the pure ones.

    So it cannot begin to do things unseen, and its own test file has to cover it.
    """
    doers = frozenset(listed("pure", "forbidden_modules"))

    assert sorted(find_pure_modules(doers)) == sorted(listed("pure", "source_modules"))


def test_every_room_has_its_place_in_the_order() -> None:
    """A room that is written stands in the layers without brackets."""
    layers = contracts()["importlinter:contract:order"]["layers"]
    written = {path.stem for path in SOURCES.iterdir() if path.suffix in {"", ".py"}}
    optional = {word.strip("()") for word in layers.split() if word.startswith("(")}
    rooms = {name for name in written if not name.startswith("_")}

    assert set() == {name for name in rooms & optional if any((SOURCES / name).glob("*.py"))}


def test_no_room_may_see_a_request() -> None:
    """The contract of the shells names every room that is none."""
    packages = {path.parent for path in SOURCES.glob("*/__init__.py")}
    rooms = {module_name(path) for path in packages if path.name not in ROOMS_OF_SHELLS}

    assert sorted(rooms) == sorted(listed("shells", "source_modules"))
