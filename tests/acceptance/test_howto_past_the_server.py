"""The lines of the page on direct uploads, run as they stand, against a real bucket."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.fixtures.media_files import MediaFiles
from tests.support.house import HOUSE
from tests.support.served import Client
from tests.support.vaulted import wait_until

PAGE = HOUSE / "docs" / "howto" / "send-past-the-server.md"
LINK = "https://media.example.com/u/TOKEN"
SIZE = 20 * 2**20


@pytest.mark.covers("M-UP-05", "M-UP-06")
@pytest.mark.timeout(400)
def test_the_lines_for_curl_send_a_file_in_parts_and_a_small_one_by_one_put(
    vault_client: Client, media_files: MediaFiles, tmp_path: Path
) -> None:
    """With nothing changed but the address of the link."""
    film_bytes = Path(media_files.get("h264.mov")).read_bytes()
    content = film_bytes + os.urandom(SIZE - len(film_bytes))
    (tmp_path / "film.mov").write_bytes(content)
    shutil.copy(media_files.get("picture.jpg"), tmp_path / "a.jpg")
    lines = re.findall(r"```sh\n(API=.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    link = vault_client.make_link(types=["any"])["url"]

    ran = [
        subprocess.run(
            ["bash", "-euc", each.replace(LINK, link)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        for each in lines
    ]
    assert [0, 0] == [each.returncode for each in ran], [each.stderr for each in ran]
    upload_id = json.loads((tmp_path / "begun.json").read_text())["uploadId"]
    digest = f"sha-256:{hashlib.sha256(content).hexdigest()}"
    wait_until(lambda: vault_client.get(f"/uploads/{upload_id}")["digest"] == digest, 150)
    wait_until(lambda: bool(vault_client.get("/assets", q="a.jpg")["items"]), 150)
    assert {"completed", "accepted"} >= {vault_client.get(f"/uploads/{upload_id}")["state"]}
