"""Hostile file names from the wire to the download: data all the way, and one safe header."""

from __future__ import annotations

import base64
import re

import httpx
import pytest

from rushes.library.filing import Filing
from tests.security.people import Town
from tests.support.hostile_names import HOSTILE_NAMES

BODY = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
FORM = re.compile(r'attachment; filename="[ -!#-\[\]-~]+"; filename\*=UTF-8\'\'[!-~]+')
SPOOLED = re.compile(r"[a-z0-9]{2}/upl_[a-z0-9]{26,36}\.[0-9]+")


async def send(sender: httpx.AsyncClient, project_id: str, name: str, body: bytes) -> str | None:
    """Send a file in one request; return the upload's id, or None where its name is refused."""
    words = {"filename": name.encode("utf-8", "surrogateescape"), "project": project_id.encode()}
    metadata = ",".join(f"{key} {base64.b64encode(text).decode()}" for key, text in words.items())
    told = {"Upload-Length": str(len(body)), "Upload-Metadata": metadata}
    answer = await sender.post("/files/", content=body, headers=BODY | told)
    if answer.status_code == 400:
        assert "upload.bad_metadata" == answer.json()["code"]
        return None
    assert 201 == answer.status_code, (name[:40], answer.text)
    assert str(len(body)) == answer.headers["Upload-Offset"]
    return answer.headers["Location"].rpartition("/")[2]


async def download(reader: httpx.AsyncClient, asset_id: str) -> httpx.Response:
    """Ask for the original, and follow to where it is."""
    lead = await reader.get(f"/api/v1/assets/{asset_id}/original")
    assert 307 == lead.status_code, lead.text
    return await reader.get(lead.headers["Location"])


@pytest.mark.covers("BG-11", "BG-69")
async def test_sixty_hostile_file_names_come_in_and_go_out_as_data(town: Town) -> None:
    """Each is refused at the door, or kept verbatim, stored under an id and handed out safely.

    A file without a name gets one; nothing else is changed.
    """
    editor, filing = town.people["editor"], Filing(town.house.database, town.house.clock)
    kept, headers = [], []

    for number, name in enumerate(HOSTILE_NAMES):
        body = b"take %d" % number
        upload_id = await send(editor, town.ours["project_id"], name, body)
        if upload_id is None:
            continue
        asset_id = await filing.accept(upload_id, await town.house.intake.verify(upload_id))
        answer = await download(editor, asset_id)
        assert (200, body) == (answer.status_code, answer.content), name[:40]
        shown = (await editor.get(f"/api/v1/uploads/{upload_id}")).json()["file_name"]
        kept.append((name, shown))
        headers += answer.headers.get_list("Content-Disposition")

    spool = town.house.settings.at("spool")
    files = [path.relative_to(spool).as_posix() for path in spool.rglob("*") if path.is_file()]
    assert 60 <= len(HOSTILE_NAMES)
    assert 45 <= len(kept) == len(headers)
    assert [] == [name for name, shown in kept if name and name != shown]
    assert [] == [header for header in headers if FORM.fullmatch(header) is None]
    assert [] == [file for file in files if SPOOLED.fullmatch(file) is None]
