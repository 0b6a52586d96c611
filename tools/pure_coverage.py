"""Each pure module, covered by its own test file alone: every line, every branch.

    python tools/pure_coverage.py [MODULE ...]

The pure modules are the source modules of the contract `pure` in importlinter.ini; the own test
file of `rushes.uploads.upload` is `tests/unit/uploads/test_upload.py` (and files beside it whose
names go on with `_`: `test_upload_steps.py`); that of a module of no room stands in
`tests/unit/ground`. What another module's tests touch does not count.
"""

from __future__ import annotations

import configparser
import io
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from coverage import Coverage
from coverage.exceptions import NoDataError

HOUSE: Final = Path(__file__).resolve().parent.parent
UNIT: Final = "tests/unit"
WHOLE: Final = 100.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """How much of one module its own tests run, in percent; `gaps` is the report of the rest."""

    module: str
    percent: float
    gaps: str


def main() -> None:
    """Measure, print one line for each module that falls short, and fail if there is one."""
    asked = sys.argv[1:]
    modules = [name for name in list_pure_modules() if not asked or name in asked]
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "coverage"
        code = run_unit_tests(data, modules)
        short = [verdict for verdict in judge(data, modules) if verdict.percent < WHOLE]
    for verdict in short:
        print(f"{verdict.module}: {verdict.percent:.1f} % by {own_test_path(verdict.module)}")
        print(*(line for line in verdict.gaps.splitlines() if line.startswith("src/")))
    covered = len(modules) - len(short)
    print(f"pure modules covered by their own tests: {covered} of {len(modules)}")
    sys.exit(code or bool(short))


def list_pure_modules() -> list[str]:
    """Return the names that the contract of purity holds."""
    contracts = configparser.ConfigParser()
    contracts.read(HOUSE / "importlinter.ini")
    return contracts["importlinter:contract:pure"]["source_modules"].split()


def own_test_path(module: str) -> str:
    """Return where a module's own tests stand."""
    *rooms, name = module.split(".")[1:]
    return "/".join([UNIT, *(rooms or ["ground"]), f"test_{name}.py"])


def source_path(module: str) -> Path:
    """Return the file of a module."""
    return HOUSE / "src" / Path(*module.split(".")).with_suffix(".py")


def run_unit_tests(data: Path, modules: list[str]) -> int:
    """Run the own test files of these modules, noting which test ran which line."""
    own = [str(path) for module in modules for path in _own_tests(module)]
    if not own:
        return 0
    settings = data.with_suffix(".toml")
    settings.write_text(
        f"""[tool.coverage.run]
branch = true
source = ["rushes"]
data_file = "{data}"
dynamic_context = "none"
"""
    )
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider"]
    flags = ["--cov", "--cov-context=test", f"--cov-config={settings}", "--cov-report="]
    return subprocess.run([*command, *flags, *own], cwd=HOUSE, check=False).returncode


def _own_tests(module: str) -> list[Path]:
    first = HOUSE / own_test_path(module)
    return sorted([*first.parent.glob(first.name), *first.parent.glob(f"{first.stem}_*.py")])


def judge(data: Path, modules: list[str]) -> Iterator[Verdict]:
    """Report each module over the contexts of its own tests, and of its import."""
    for module in modules:
        own = own_test_path(module).removesuffix(".py")
        coverage = Coverage(data_file=data, config_file=str(HOUSE / "pyproject.toml"))
        coverage.load()
        gaps = io.StringIO()
        try:
            percent = coverage.report(
                morfs=[str(source_path(module))],
                contexts=["^$", rf"^{re.escape(own)}(_\w+)?\.py::"],
                show_missing=True,
                file=gaps,
            )
        except NoDataError:
            percent = 0.0
        yield Verdict(module, percent, gaps.getvalue())


if __name__ == "__main__":
    main()
