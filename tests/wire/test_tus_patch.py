"""PATCH: bytes go in at the offset, and nowhere else."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator

import pytest

from rushes.uploads.blocks import BLOCK_BYTES, find_root
from rushes.uploads.upload import State
from tests.support.receiving import BODY, TUS, Receiving, Sender, checksum

OFFSET = {"Upload-Offset": "0"}


def id_of(url: str) -> str:
    return url.rpartition("/")[2]


@pytest.mark.covers("X-UP-15", "S-UP-11")
async def test_bytes_arrive_in_several_appends(house: Receiving, sender: Sender) -> None:
    """Each answer tells the offset; the last one completes the upload."""
    body = os.urandom(300_000)
    url = await sender.begin(len(body))

    first = await sender.append(url, 0, body[:100_000])
    second = await sender.append(url, 100_000, body[100_000:])

    assert (204, "100000") == (first.status_code, first.headers["Upload-Offset"])
    assert (204, "300000") == (second.status_code, second.headers["Upload-Offset"])
    assert "Upload-Expires" in first.headers
    upload = await house.parts.upload(id_of(url))
    assert State.COMPLETED is upload.state
    assert find_root([hashlib.sha256(body).digest()]) == upload.root
    assert body == await house.parts.content(upload.id)
