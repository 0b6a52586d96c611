"""What the tests of the wire share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rushes.clock import Clock
from rushes.db.engine import Database
from tests.support.handing import Handing, open_handing


@pytest.fixture
async def handing(tmp_path: Path, database: Database, clock: Clock) -> AsyncIterator[Handing]:
    """A house that only hands out."""
    async with open_handing(tmp_path, database, clock) as opened:
        yield opened
