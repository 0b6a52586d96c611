"""What a run proves: rows named by `covers`, and no skip where none is allowed."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what a run may be asked for."""
    parser.addoption("--long", action="store_true", help="run the tests marked `long` too")
    parser.addoption("--rows", metavar="FILE", help="write which tests prove which rows")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out long tests unless they were asked for; they are no skips."""
    if not config.getoption("--long"):
        long = [item for item in items if item.get_closest_marker("long")]
        items[:] = [item for item in items if item not in long]
        if long:
            config.hook.pytest_deselected(items=long)
    wanted = config.getoption("--rows")
    if wanted:
        Path(wanted).write_text(json.dumps(list_proofs(items), indent=1))


def list_proofs(items: Iterable[pytest.Item]) -> dict[str, list[str]]:
    """Return, for each row, the tests that say they prove it."""
    proofs: defaultdict[str, set[str]] = defaultdict(set)
    for item in items:
        for mark in item.iter_markers("covers"):
            for row in mark.args:
                proofs[row].add(item.nodeid.partition("[")[0])
    return {row: sorted(tests) for row, tests in sorted(proofs.items())}


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in CI that skipped anything: there every part must be there."""
    if os.environ.get("CI") != "true" or hasattr(session.config, "workerinput"):
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if skipped:
        session.exitstatus = max(int(session.exitstatus), pytest.ExitCode.TESTS_FAILED)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count what was skipped, and say what that means in CI."""
    skipped = len(terminalreporter.stats.get("skipped", []))
    if skipped:
        verdict = "none is allowed here" if os.environ.get("CI") == "true" else "see above for why"
        terminalreporter.write_line(f"skipped: {skipped} ({verdict})")
