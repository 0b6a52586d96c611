"""One movement in a process of its own: `carrying ORDER`, as JSON; prints seconds and memory.

The order names two places, the key, and the digests of the object's blocks; a place is a folder's
path, or settings of a store. The clock runs while bytes move and are proved; the memory is the
process's peak over what it had before.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from bench.ingest.machine import forget_peak, memory_mib
from bench.tiers.plan import touch_memory
from rushes.clock import SYSTEM
from rushes.db.engine import open_database
from rushes.sections import StoreSettings
from rushes.stores.blocks import Fingerprint
from rushes.stores.filesystem import FolderStore, open_folder
from rushes.stores.s3 import S3Store, open_s3
from rushes.tiers.carry import Carrier
from rushes.tiers.flow import Flow
from rushes.tiers.placement import Placement, Tier
from rushes.tiers.sources import find_given
from tests.support.stored import FOUND


async def carry(order: dict[str, Any]) -> dict[str, float]:
    """Move one object; return what it took."""
    source, target = [await _open(order[name]) for name in ("source", "target")]
    database = open_database(order["database"])
    blocks = tuple(bytes.fromhex(each) for each in order["blocks"])
    known = Fingerprint(order["size_bytes"], blocks)
    place = Placement(
        id=f"plc_{os.getpid()}",
        object_id="rnd_1",
        content_id="cnt_1",
        tier=Tier.EDGE,
        key=order["key"],
        size_bytes=known.size_bytes,
    )
    carrier = Carrier(database, SYSTEM, Flow())
    touch_memory(Path(order["scratch"]), known.size_bytes)
    forget_peak(os.getpid())
    idle, begun = memory_mib(os.getpid(), "VmRSS"), time.perf_counter()
    await carrier.carry(place, target, await find_given(source, place), known)
    seconds = time.perf_counter() - begun
    peak = memory_mib(os.getpid(), "VmHWM")
    for opened in (source, target, database):
        await opened.close()
    return {"seconds": seconds, "idle": idle, "peak": peak}


async def _open(told: str | dict[str, Any]) -> FolderStore | S3Store:
    if isinstance(told, str):
        return await open_folder(Path(told))
    settings = StoreSettings.model_validate(told)
    found = FOUND["swift" if settings.provider == "swift" else "ceph"]
    return await open_s3("store", settings, found)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(carry(json.loads(sys.argv[1])))))
