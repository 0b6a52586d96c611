"""Upload clients of others, as they come from their registry (tests/clients, `make peers`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.house import HOUSE

CLIENTS = HOUSE / "tests" / "clients"
MODULES = CLIENTS / "node_modules"


def find_module(path: str) -> Path:
    """Return a file of an installed package; skip where it is not installed."""
    found = MODULES / path
    if not found.exists():
        pytest.skip(f"{path} is missing: `make peers` installs it")
    return found
