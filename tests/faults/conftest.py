"""How often a fault is made, when, and who sends meanwhile.

`RUSHES_TEST_ROUNDS` sets how often (5, or 20 in a long run), `RUSHES_TEST_SEED` repeats a run.
"""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rushes.access.token import TokenKind, make_token
from tests.faults.long.disk import build_shim
from tests.faults.long.power import find_hindrance

ROUNDS, LONG_ROUNDS = 5, 20
START_SECONDS, ROUND_SECONDS = 600, 40


def count_rounds(config: pytest.Config) -> int:
    """Return how often a fault is made in this run."""
    usual = LONG_ROUNDS if config.getoption("--long") else ROUNDS
    return int(os.environ.get("RUSHES_TEST_ROUNDS", usual))


def pytest_report_header() -> str:
    """Say whether power can be cut on this machine."""
    hindrance = find_hindrance()
    return f"power cuts: {'yes' if hindrance is None else f'left out, {hindrance}'}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out power cuts where none can be made; give tests that take rounds their time."""
    if find_hindrance() is not None:
        left_out = [item for item in items if item.get_closest_marker("power")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    limit = pytest.mark.timeout(START_SECONDS + ROUND_SECONDS * count_rounds(config))
    for item in items:
        if "rounds" in getattr(item, "fixturenames", ()):
            item.add_marker(limit)


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> int:
    """How often a fault is made."""
    return count_rounds(request.config)


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """When faults strike; a test that fails tells the seed."""
    seed = int(os.environ.get("RUSHES_TEST_SEED", int.from_bytes(os.urandom(4))))
    request.node.add_report_section("setup", "seed", f"RUSHES_TEST_SEED={seed}")
    return random.Random(seed)  # noqa: S311 - when to pull the plug


@pytest.fixture
def link_token() -> str:
    """The token of an upload link that a server makes at its start."""
    return make_token(TokenKind.LINK, os.urandom(32))


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The failing disk, compiled."""
    try:
        return build_shim(tmp_path_factory.mktemp("shim"))
    except FileNotFoundError as missing:
        pytest.skip(f"missing: {missing}")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MiB of its own."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "rushes-test", str(place)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)
