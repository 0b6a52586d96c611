"""What people send is data: its name leads nowhere, and no browser runs it."""

from __future__ import annotations

import re

import pytest

from tests.support.handing import Handing
from tests.support.hostile_names import HOSTILE_NAMES

FORM = re.compile(r'attachment; filename="[ -!#-\[\]-~]+"; filename\*=UTF-8\'\'[!-~]+')

RUNNABLE = {
    "page.html": ("text/html", b"<script>alert(1)</script>"),
    "picture.svg": ("image/svg+xml", b"<svg onload='alert(1)'/>"),
    "feed.xml": ("application/xml", b"<x/>"),
    "paper.pdf": ("application/pdf", b"%PDF-1.7"),
    "photo.jpg": ("image/jpeg", b"\xff\xd8\xff<script>alert(1)</script>"),
    "program": ("application/octet-stream", b"\x7fELF"),
}


def is_taken(name: str) -> bool:
    """Say whether the gate lets a name in: it refuses NUL and broken UTF-8."""
    return "\0" not in name and name.encode("utf-8", "ignore").decode() == name


@pytest.mark.covers("BG-11", "BG-69")
async def test_every_hostile_name_stays_in_its_folder_and_in_its_header(handing: Handing) -> None:
    """Kept, found and handed out under one line, and the bytes are those that came."""
    project_id = await handing.files.project()
    taken = [name for name in HOSTILE_NAMES if is_taken(name)]
    headers = []

    async with handing.client() as client:
        for number, name in enumerate(taken):
            content = b"%d" % number
            filed = await handing.files.asset(content, project_id=project_id, file_name=name)
            handing.spool(filed, content)
            await handing.keeper.keep_original(filed.content_id)
            at = f"/api/v1/assets/{filed.asset_id}/original"
            answer = await client.get((await client.get(at)).headers["location"])
            assert (200, content) == (answer.status_code, answer.content)
            headers.append(answer.headers["content-disposition"])

    assert len(taken) >= 45
    assert [] == [header for header in headers if FORM.fullmatch(header) is None]
    keys = await handing.archive.list_keys("originals/acme/spring/ast_")
    assert len(taken) == len(keys) == len(await handing.archive.list_keys())


@pytest.mark.covers("BG-69", "M-PB-12")
@pytest.mark.parametrize("name", RUNNABLE)
async def test_an_original_is_saved_and_never_shown(handing: Handing, name: str) -> None:
    """Under the type that we found, in a sandbox, whatever it holds."""
    media_type, content = RUNNABLE[name]
    filed = await handing.files.asset(content, file_name=name, kind="other", media_type=media_type)
    handing.spool(filed, content)

    async with handing.client() as client:
        lead = await client.get(f"/api/v1/assets/{filed.asset_id}/original")
        answer = await client.get(lead.headers["location"])

    headers = answer.headers
    assert (content, media_type) == (answer.content, headers["content-type"].partition(";")[0])
    assert headers["content-disposition"].startswith("attachment; ")
    assert ("nosniff", "sandbox; default-src 'none'", "no-referrer") == (
        headers["x-content-type-options"],
        headers["content-security-policy"],
        headers["referrer-policy"],
    )
