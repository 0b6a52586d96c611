"""Creation, in every version of the draft: careful, with a part, with the whole."""

from __future__ import annotations

import pytest

from rushes.uploads.upload import Protocol, State
from tests.support.receiving import Receiving
from tests.support.resuming import VERSIONS, Resumer, resumers

BODY = b"0123456789" * 10


@pytest.fixture
async def by(house: Receiving) -> dict[int | None, Resumer]:
    """One sender for each version, and one that names none."""
    return await resumers(house)


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_careful_way_begins_an_upload_without_a_byte(
    house: Receiving, by: dict[int | None, Resumer], version: int | None
) -> None:
    """201 with the address; what follows goes there."""
    sender = by[version]

    answer = await sender.create(is_last=False, size_bytes=100)

    assert (201, "0") == (answer.status_code, answer.headers["Upload-Offset"])
    assert sender.is_complete(answer) is False
    upload = await house.parts.upload(answer.headers["Location"].rpartition("/")[2])
    assert (Protocol.RESUMABLE, State.RECEIVING, 100) == (
        upload.protocol,
        upload.state,
        upload.size_bytes,
    )


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_whole_body_is_a_whole_upload(
    house: Receiving, by: dict[int | None, Resumer], version: int | None
) -> None:
    """201 with the upload as JSON."""
    sender = by[version]

    answer = await sender.create(BODY, is_last=True)

    assert (201, "100", True) == (
        answer.status_code,
        answer.headers["Upload-Offset"],
        sender.is_complete(answer),
    ), answer.text
    assert ("completed", 100) == (answer.json()["state"], answer.json()["offset"])
    assert BODY == await house.parts.content(answer.json()["id"])
