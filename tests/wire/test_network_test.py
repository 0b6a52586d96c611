"""`/network-test`: timed bytes down and up, for whoever may send."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from rushes.clock import Clock
from tests.support.receiving import Receiving, receiving

MIB = 2**20


def place(house: Receiving) -> str:
    return f"{house.address}/api/v1/network-test"


@pytest.fixture
async def house(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Receiving]:
    """A server whose clock stands still."""
    async with receiving(database_url, tmp_path / "house", clock) as running:
        yield running


@pytest.fixture
async def http(house: Receiving) -> httpx.AsyncClient:
    """Somebody with a token."""
    return house.by_token(await house.people.token()).http


@pytest.mark.covers("X-UP-16", "BG-18", "M-UP-19")
async def test_random_bytes_come_down_and_no_cache_keeps_them(
    house: Receiving, http: httpx.AsyncClient
) -> None:
    """100 KB by default, never more than 1 MB; no two answers are alike."""
    sizes = {"": 102_400, "100kb": 102_400, "1mb": MIB, "1MB": MIB, "7": 7, "99999999": MIB}
    answers = {
        size: await http.get(place(house), params={"size": size} if size else {}) for size in sizes
    }

    assert sizes == {size: len(answer.content) for size, answer in answers.items()}
    assert answers[""].content != answers["100kb"].content
    assert {
        "content-type": "application/octet-stream",
        "content-length": "102400",
        "cache-control": "no-store, no-cache, must-revalidate, proxy-revalidate",
        "pragma": "no-cache",
        "expires": "0",
    }.items() <= dict(answers[""].headers).items()


@pytest.mark.covers("X-UP-16", "BG-18")
async def test_a_size_that_is_none_is_refused(house: Receiving, http: httpx.AsyncClient) -> None:
    """By name, as bytes, or not at all."""
    answers = [
        await http.get(place(house), params={"size": size})
        for size in ("0", "-1", "1.5", "2mb", "many", "\u0661", "9" * 20)
    ]

    assert {(400, "network_test.bad_size")} == {
        (answer.status_code, answer.json()["code"]) for answer in answers
    }


@pytest.mark.covers("X-UP-16", "M-UP-19")
async def test_bytes_on_their_way_up_are_counted_and_timed(
    house: Receiving, http: httpx.AsyncClient
) -> None:
    """Up to 1 MB; they are kept nowhere."""
    answers = [await http.post(place(house), content=b"x" * size) for size in (0, 10, MIB)]
    refused = await http.post(place(house), content=b"x" * (MIB + 1))

    assert [0, 10, MIB] == [answer.json()["bytes"] for answer in answers]
    assert all(answer.json()["seconds"] >= 0 for answer in answers)
    assert (413, "network_test.too_large") == (refused.status_code, refused.json()["code"])


@pytest.mark.covers("X-UP-16")
async def test_it_is_for_those_who_may_send_and_not_without_end(house: Receiving) -> None:
    """A link is enough; nobody is not; sixty in a minute are."""
    link = await house.people.link(await house.people.project())
    by_link = {"Rushes-Link": link}

    nobody = await house.http.get(place(house))
    first = await house.http.get(place(house), params={"size": "1"}, headers=by_link)
    for _ in range(59):
        await house.http.get(place(house), params={"size": "1"}, headers=by_link)
    last = await house.http.get(place(house), params={"size": "1"}, headers=by_link)

    assert (401, 200, 429) == (nobody.status_code, first.status_code, last.status_code)
