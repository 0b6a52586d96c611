"""Bytes under `/p/`: whole, one range, none; and what stands in the head of each answer."""

from __future__ import annotations

import hashlib

import pytest

from tests.support.filed import Filed
from tests.support.handing import Handing, layout_of

CLIP = bytes(range(256)) * 10
ETAG = f'"{hashlib.sha256(CLIP).hexdigest()}"'


async def play(handing: Handing) -> str:
    """Keep one rung and return its address."""
    filed = await handing.files.asset(b"original")
    rendition_id = await handing.files.rendition(
        filed, "720p", content=CLIP, layout=layout_of("720p", CLIP)
    )
    await handing.keep(rendition_id, CLIP)
    return await address(handing, filed)


async def address(handing: Handing, filed: Filed) -> str:
    async with handing.client() as client:
        answer = await client.post(f"/api/v1/assets/{filed.asset_id}/playback")
    url: str = answer.json()["qualities"][0]["url"]
    return url


@pytest.mark.covers("BG-70", "M-PB-19")
@pytest.mark.parametrize(
    ("headers", "status", "start", "end"),
    [
        ({}, 200, 0, 2560),
        ({"Range": "bytes=0-0"}, 206, 0, 1),
        ({"Range": "bytes=100-199"}, 206, 100, 200),
        ({"Range": "bytes=2000-"}, 206, 2000, 2560),
        ({"Range": "bytes=-10"}, 206, 2550, 2560),
        ({"Range": "bytes=0-1,5-6"}, 200, 0, 2560),
        ({"Range": "chapters=1-2"}, 200, 0, 2560),
        ({"Range": "bytes=5-9", "If-Range": ETAG}, 206, 5, 10),
        ({"Range": "bytes=5-9", "If-Range": '"other"'}, 200, 0, 2560),
    ],
)
async def test_a_request_gets_the_bytes_that_it_asks_for(
    handing: Handing, headers: dict[str, str], status: int, start: int, end: int
) -> None:
    """And a HEAD gets the same answer without them."""
    url = await play(handing)

    async with handing.client() as client:
        got = await client.get(url, headers=headers)
        head = await client.head(url, headers=headers)

    assert (status, CLIP[start:end]) == (got.status_code, got.content)
    assert str(end - start) == got.headers["content-length"]
    expected = f"bytes {start}-{end - 1}/2560" if status == 206 else None
    assert expected == got.headers.get("content-range")
    kept = {"content-length", "content-range", "etag", "accept-ranges", "content-type"}
    assert b"" == head.content
    assert [(name, got.headers.get(name)) for name in sorted(kept)] == [
        (name, head.headers.get(name)) for name in sorted(kept)
    ]
    assert status == head.status_code


@pytest.mark.parametrize("wanted", ["bytes=2560-", "bytes=9999-10000", "bytes=-0"])
async def test_a_range_beyond_the_end_is_416_and_says_the_size(
    handing: Handing, wanted: str
) -> None:
    """As a problem that programs can read."""
    url = await play(handing)

    async with handing.client() as client:
        got = await client.get(url, headers={"Range": wanted})

    assert (416, "bytes */2560") == (got.status_code, got.headers["content-range"])
    assert "delivery.range_not_satisfiable" == got.json()["code"]


async def test_whoever_has_the_bytes_gets_304(handing: Handing) -> None:
    """With the tag, and without a body."""
    url = await play(handing)

    async with handing.client() as client:
        got = await client.get(url, headers={"If-None-Match": ETAG})

    assert (304, b"", ETAG) == (got.status_code, got.content, got.headers["etag"])


@pytest.mark.covers("BG-71", "M-PB-13")
async def test_user_bytes_are_private_and_run_nothing(handing: Handing) -> None:
    """Whatever they are."""
    url = await play(handing)

    async with handing.client() as client:
        headers = (await client.get(url)).headers

    assert "private, max-age=3600" == headers["cache-control"]
    assert "nosniff" == headers["x-content-type-options"]
    assert "sandbox; default-src 'none'" == headers["content-security-policy"]
    assert "no-referrer" == headers["referrer-policy"]
    assert ("bytes", ETAG, "video/mp4") == (
        headers["accept-ranges"],
        headers["etag"],
        headers["content-type"],
    )
    assert headers["content-disposition"].startswith('inline; filename="clip_720p.mp4"')


@pytest.mark.covers("T-TI-08")
async def test_a_copy_that_is_gone_gives_way_to_the_next(handing: Handing) -> None:
    """The viewer notices nothing; only when none is left is that said."""
    url = await play(handing)
    [edge_key], [archive_key] = await handing.edge.list_keys(), await handing.archive.list_keys()

    await handing.edge.delete(edge_key)
    async with handing.client() as client:
        from_archive = await client.get(url)
        await handing.archive.delete(archive_key)
        from_nowhere = await client.get(url)

    assert (200, CLIP) == (from_archive.status_code, from_archive.content)
    assert (503, "placement.no_copy") == (from_nowhere.status_code, from_nowhere.json()["code"])
    assert "30" == from_nowhere.headers["retry-after"]


async def test_a_long_file_arrives_whole(handing: Handing) -> None:
    """In more than one piece, and with a range over their border."""
    content = bytes(range(251)) * 5_000
    filed = await handing.files.asset(b"original")
    rendition_id = await handing.files.rendition(
        filed, "360p", content=content, layout=layout_of("360p", content)
    )
    await handing.keep(rendition_id, content)
    url = await address(handing, filed)

    async with handing.client() as client:
        whole = await client.get(url)
        part = await client.get(url, headers={"Range": "bytes=524000-1048999"})

    assert content == whole.content
    assert content[524_000:1_049_000] == part.content
