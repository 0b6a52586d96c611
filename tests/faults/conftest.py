"""How often a fault is made, when, and who sends meanwhile.

`RUSHES_TEST_ROUNDS` sets how often (5, or 20 in a long run), `RUSHES_TEST_SEED` repeats a run.
"""

from __future__ import annotations

import os
import random

import pytest

from rushes.access.token import TokenKind, make_token

ROUNDS, LONG_ROUNDS = 5, 20
ROUND_SECONDS = 40


def count_rounds(config: pytest.Config) -> int:
    """Return how often a fault is made in this run."""
    usual = LONG_ROUNDS if config.getoption("--long") else ROUNDS
    return int(os.environ.get("RUSHES_TEST_ROUNDS", usual))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give tests that take rounds the time for them."""
    limit = pytest.mark.timeout(ROUND_SECONDS * count_rounds(config))
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
