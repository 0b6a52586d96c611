"""The how-to page on chunks works as it is written."""

from __future__ import annotations

import asyncio
import random
import re
import sys
from pathlib import Path

import pytest

from tests.support.house import HOUSE
from tests.support.receiving import Receiving

PAGE = HOUSE / "docs" / "howto" / "send-files-in-chunks.md"


@pytest.mark.covers("X-UP-04", "S-UP-01", "CF-20")
async def test_the_program_of_the_page_sends_a_file(house: Receiving, tmp_path: Path) -> None:
    """With nothing changed but the address and the token."""
    body = random.Random(2).randbytes(2**20)  # noqa: S311 - bytes of a test
    (tmp_path / "film.mov").write_bytes(body)
    found = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    program = found[1].replace("https://media.example.com", house.address)
    program = program.replace("rsh_pat_...", await house.people.token())

    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program), cwd=tmp_path, stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate()

    assert 0 == process.returncode
    assert told.startswith(b"ast_")
    files = list(house.parts.spool.folder.glob("*/upl_*.0"))
    assert [body] == [file.read_bytes() for file in files]
