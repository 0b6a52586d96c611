"""Upload cancellation (section 4.5 of the draft), in every version."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx

from rushes.uploads.upload import State
from tests.support.moments import until
from tests.support.receiving import Receiving
from tests.support.resuming import Resumer, id_of, resumers

BODY = b"0123456789" * 10


async def test_an_upload_can_be_ended(resuming: Receiving, by: dict[int | None, Resumer]) -> None:
    """204; nothing of it is left but its end."""
    for version, sender in by.items():
        url = await sender.begin(100)
        await sender.append(url, 0, BODY[:40], is_last=False)

        answer = await sender.http.delete(url, headers=sender.told)

        assert (204, b"") == (answer.status_code, answer.content)
        echoed = answer.headers.get("Upload-Draft-Interop-Version")
        assert (None if version is None else str(version)) == echoed
        assert State.CANCELLED is (await resuming.parts.upload(id_of(url))).state
        for again in (
            await sender.http.delete(url, headers=sender.told),
            await sender.head(url),
            await sender.append(url, 40, BODY[40:], is_last=True),
        ):
            assert 410 == again.status_code


async def test_whoever_still_sends_is_cut_off(house: Receiving) -> None:
    """The end does not wait for them."""
    sender = (await resumers(house))[8]
    url = await sender.begin(100)

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield BODY[:10]
            await asyncio.sleep(0.1)

    sending = asyncio.create_task(sender.append(url, 0, endless(), is_last=True))
    await until(lambda: bool(house.parts.receiver.running))

    answer = await sender.http.delete(url, headers=sender.told)
    cut = (await asyncio.gather(sending, return_exceptions=True))[0]

    assert 204 == answer.status_code
    assert isinstance(cut, httpx.TransportError) or (
        isinstance(cut, httpx.Response) and cut.status_code >= 400
    )
    assert State.CANCELLED is (await house.parts.upload(id_of(url))).state


async def test_nobody_ends_the_upload_of_another(house: Receiving) -> None:
    """What is another's is not there."""
    mine, other = (await resumers(house))[8], (await resumers(house))[8]
    url = await mine.begin(100)
    theirs = f"{other.uploads}{id_of(url)}"

    answers = [
        await other.http.delete(theirs, headers=other.told),
        await other.head(theirs),
        await other.append(theirs, 0, BODY, is_last=True),
    ]

    assert [404, 404, 404] == [answer.status_code for answer in answers]
    assert 0 == await mine.offset(url)
