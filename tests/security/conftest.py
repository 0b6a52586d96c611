"""The whole API over a real data folder, and everybody who may knock."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from rushes.clock import Clock
from rushes.jobs.engine import migrate
from rushes.settings import Settings
from tests.security.people import Town, settle


@pytest.fixture(scope="session")
def engine_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that holds the job engine's own tables."""
    folder = tmp_path_factory.mktemp("engine")
    migrate(Settings(data=folder))
    return folder / "engine.db"


@pytest.fixture
def data(tmp_path: Path, sqlite_template: Path, engine_template: Path) -> Path:
    """A data folder whose databases hold their schemas alone."""
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copyfile(sqlite_template, folder / "rushes.db")
    shutil.copyfile(engine_template, folder / "engine.db")
    return folder


@pytest.fixture
async def town(data: Path, clock: Clock) -> AsyncIterator[Town]:
    """Two projects with something in each, and people of every kind."""
    async with AsyncExitStack() as stack:
        yield await settle(stack, data, clock)
