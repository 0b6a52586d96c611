"""A process that keeps one original in a bucket, slowly, and can be killed.

`bucket_copier DATABASE FOLDER CONTENT FILE STORE PACE`: the store as JSON, the pace in bytes a
second.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path

from rushes.db.engine import open_database
from rushes.sections import StoreSettings
from rushes.tiers.flow import Flow
from tests.support.copying import open_pair


async def keep(database_url: str, folder: Path, content_id: str, file: Path, store: str) -> None:
    """Keep the original whose bytes are in `file`."""

    async def spooled(_upload_id: str) -> Path:
        return file

    database = open_database(database_url)
    archive = StoreSettings.model_validate(json.loads(store))
    async with open_pair(folder, database, archive=archive, edge=None) as pair:
        pair.flow = Flow(int(sys.argv[6]))
        await replace(pair.keeper, spool_path=spooled).keep_original(content_id)
    await database.close()


if __name__ == "__main__":
    url, folder_name, content, name, settings = sys.argv[1:6]
    asyncio.run(keep(url, Path(folder_name), content, Path(name), settings))
