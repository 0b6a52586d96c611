"""A download of a quality is a plain MP4: a beginning that its object holds, and the segments."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from rushes.media.layout import Plain, format_layout, parse_layout
from rushes.media.overlay import Overlay
from tests.support.handing import Handing, layout_of

CLIP = bytes(range(250)) * 10
HEAD, DATA = slice(155, 195), slice(200, None)
INNER = CLIP[HEAD] + CLIP[DATA]
DIGEST = hashlib.sha256(INNER).hexdigest()


async def download(handing: Handing) -> tuple[str, str]:
    """Keep one rung; return the address of its download, and that from which it is played."""
    filed = await handing.files.asset(b"original")
    layout = parse_layout(layout_of("720p", CLIP))
    plain = Plain(Overlay(HEAD.start, HEAD.stop - HEAD.start, DATA.start), DIGEST)
    values = format_layout(replace(layout, plain=plain))
    made = await handing.files.rendition(filed, "720p", content=CLIP, layout=values)
    await handing.keep(made, CLIP)
    at = f"/api/v1/assets/{filed.asset_id}"
    async with handing.client() as client:
        found = await client.get(f"{at}/download?quality=720p")
        played = await client.post(f"{at}/playback")
    return found.json()["url"], played.json()["qualities"][0]["url"]


@pytest.mark.covers("M-PB-15")
@pytest.mark.parametrize(
    ("wanted", "status", "start", "end"),
    [
        (None, 200, 0, len(INNER)),
        ("bytes=0-9", 206, 0, 10),
        ("bytes=30-59", 206, 30, 60),
        ("bytes=40-40", 206, 40, 41),
        ("bytes=-5", 206, len(INNER) - 5, len(INNER)),
    ],
)
async def test_a_download_gives_the_file_within(
    handing: Handing, wanted: str | None, status: int, start: int, end: int
) -> None:
    """Whole or a range, over the border as well; a HEAD says the same."""
    url, _ = await download(handing)
    headers = {} if wanted is None else {"Range": wanted}

    async with handing.client() as client:
        got = await client.get(url, headers=headers)
        head = await client.head(url, headers=headers)

    assert (status, INNER[start:end]) == (got.status_code, got.content)
    assert (status, str(end - start)) == (head.status_code, head.headers["content-length"])
    assert f'"{DIGEST}"' == got.headers["etag"] == head.headers["etag"]


async def test_what_is_played_is_the_object_itself(handing: Handing) -> None:
    """Its ranges are those of playlists; beyond the end of the plain file there is nothing."""
    url, played = await download(handing)

    async with handing.client() as client:
        whole = await client.get(played)
        beyond = await client.get(url, headers={"Range": f"bytes={len(INNER)}-"})
        again = await client.get(url, headers={"If-None-Match": f'"{DIGEST}"'})

    assert CLIP == whole.content
    assert (416, f"bytes */{len(INNER)}") == (beyond.status_code, beyond.headers["content-range"])
    assert 304 == again.status_code
