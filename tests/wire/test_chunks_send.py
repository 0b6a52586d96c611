"""Uploads in chunks: begun, sent in any order, completed once."""

from __future__ import annotations

import hashlib
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rushes.uploads.upload import State
from tests.support.chunking import KIB, Chunker, chunker, cut, sha256
from tests.support.receiving import Receiving, receiving

BODY = random.Random(7).randbytes(10 * KIB + 3)  # noqa: S311 - bytes of a test


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[Receiving]:
    """A server whose shortest chunks have 1 KiB."""
    async with receiving(database_url, tmp_path / "house", chunk_min_bytes=KIB) as running:
        yield running


@pytest.fixture
async def sender(house: Receiving) -> Chunker:
    """Somebody who sends chunks."""
    return await chunker(house)


@pytest.mark.covers("X-UP-04", "X-UP-07", "X-UP-13", "S-UP-01", "S-UP-06", "BG-53", "CF-09")
async def test_a_file_comes_in_chunks_in_any_order(house: Receiving, sender: Chunker) -> None:
    """The server says how long they are; the bytes lie in one file, in their order."""
    told = await sender.begin(len(BODY), mbit=0.000001, media_type="video/quicktime")
    pieces = list(enumerate(cut(BODY, told["chunk_size"])))
    random.Random(1).shuffle(pieces)  # noqa: S311

    answers = [(await sender.put(told["id"], index, piece)).json() for index, piece in pieces]
    completed = (await sender.complete(told["id"])).json()

    assert (KIB, 11, 6, []) == tuple(
        told[name] for name in ("chunk_size", "chunk_count", "parallel", "received_chunks")
    )
    assert [
        {
            "index": index,
            "digest": sha256(piece),
            "received_count": place + 1,
            "chunk_count": 11,
            "progress": (place + 1) / 11,
        }
        for place, (index, piece) in enumerate(pieces)
    ] == answers
    assert ("completed", len(BODY)) == (
        completed["upload"]["state"],
        completed["upload"]["offset"],
    )
    assert told["asset_id"] == completed["asset_id"]
    assert await house.parts.content(told["id"]) == BODY
    assert [f"{told['id']}.0"] == [file.name for file in house.parts.spool.folder.glob("*/*")]
    row = await house.parts.upload(told["id"])
    whole = hashlib.sha256(BODY).digest()
    assert (State.COMPLETED, hashlib.sha256(whole).digest()) == (row.state, row.root)
