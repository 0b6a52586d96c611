"""What people install is whole: code, migrations, templates, and the built pages."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.house import HOUSE

MANIFEST = "src/rushes/web/static/.vite/manifest.json"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what a wheel is built from, without the bundle."""
    copy = tmp_path / "rushes"
    copy.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(HOUSE / name, copy)
    left_out = shutil.ignore_patterns("static", "__pycache__")
    shutil.copytree(HOUSE / "src", copy / "src", ignore=left_out)
    shutil.copytree(HOUSE / "tools", copy / "tools", ignore=left_out)
    return copy


def build(checkout: Path) -> subprocess.CompletedProcess[str]:
    """Build a wheel with what this environment has."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", str(checkout)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_wheel_without_its_pages_fails_to_build(checkout: Path) -> None:
    """Nobody installs a server whose pages are missing."""
    run = build(checkout)

    assert 0 != run.returncode
    assert "The web pages were not built" in run.stdout + run.stderr


def test_a_wheel_holds_everything_that_runs(checkout: Path) -> None:
    """The bundle is not in the history, yet it is in the wheel."""
    if not (HOUSE / MANIFEST).is_file():
        pytest.skip("the web pages are not built (make web)")
    shutil.copytree((HOUSE / MANIFEST).parents[1], (checkout / MANIFEST).parents[1])

    run = build(checkout)

    assert 0 == run.returncode, run.stdout + run.stderr
    wheel = next((checkout / "dist").glob("*.whl"))
    names = set(zipfile.ZipFile(wheel).namelist())
    written = {path.relative_to(checkout / "src").as_posix() for path in _files(checkout / "src")}
    assert set() == written - names
    assert len([name for name in names if "/web/static/" in name]) > 10


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
