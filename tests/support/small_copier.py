"""A process that keeps one original and can be killed: `small_copier DATABASE FOLDER CONTENT FILE`.

It prints `begun` when it is about to copy.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from rushes.clock import Clock
from rushes.db.engine import open_database
from tests.support.handing import open_handing


async def keep(database_url: str, folder: Path, content_id: str, file: Path) -> None:
    """Keep the original whose bytes are in `file`."""

    async def spooled(_upload_id: str) -> Path:
        sys.stdout.write("begun\n")
        sys.stdout.flush()
        return file

    database = open_database(database_url)
    async with open_handing(folder, database, Clock()) as handing:
        await replace(handing.keeper, spool_path=spooled).keep_original(content_id)
    await database.close()


if __name__ == "__main__":
    url, folder_name, content, name = sys.argv[1:]
    asyncio.run(keep(url, Path(folder_name), content, Path(name)))
