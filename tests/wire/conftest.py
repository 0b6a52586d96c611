"""Servers of the wire tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.receiving import Receiving, Sender, receiving


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[Receiving]:
    """A server that takes uploads, over each kind of database."""
    async with receiving(database_url, tmp_path / "house") as running:
        yield running


@pytest.fixture(params=["account", "link"])
async def sender(house: Receiving, request: pytest.FixtureRequest) -> AsyncIterator[Sender]:
    """Somebody who may send, by each of the two ways."""
    if request.param == "link":
        yield await house.sender()
        return
    by_token = house.by_token(await house.people.token())
    yield by_token
    await by_token.http.aclose()
