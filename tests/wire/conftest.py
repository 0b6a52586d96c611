"""Servers of the wire tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.receiving import Receiving, Sender, receiving
from tests.support.resuming import Resumer, resumers


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[Receiving]:
    """A server that takes uploads, over each kind of database.

    SQLite is served by our own protocol class, PostgreSQL by that of uvicorn: the same answers.
    """
    is_wire = database_url.startswith("sqlite")
    async with receiving(database_url, tmp_path / "house", is_wire=is_wire) as running:
        yield running


@pytest.fixture
async def sender(house: Receiving) -> Sender:
    """Somebody who may send: by a link over SQLite, with a token over PostgreSQL."""
    if house.parts.database.is_sqlite:
        return await house.sender()
    return house.by_token(await house.people.token())


@pytest.fixture
async def resuming(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Receiving]:
    """A server that takes uploads, over SQLite alone: for tables of headers and statuses."""
    async with receiving(sqlite_url, tmp_path / "resuming") as running:
        yield running


@pytest.fixture
async def by(resuming: Receiving) -> dict[int | None, Resumer]:
    """One sender for each version of the draft, and one that names none; all by one link."""
    return await resumers(resuming)
