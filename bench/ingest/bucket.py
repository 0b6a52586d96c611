"""A local file into a bucket: our proved way, beside the SDK's own, on one server in one run.

A real radosgw on this machine shares its cores with both. Ours sends each part under the SHA-256 of
its block and reads blocks back at the end; the SDK's `upload_file` does neither. The file and its
digests are made before the clock starts, as uploads bring them.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import boto3

from bench.ingest.figures import Budget, Figure, ratios
from bench.ingest.machine import GIB, MIB, Cost, take_turns
from bench.ingest.plan import Plan, tell
from rushes.sections import StoreSettings
from rushes.stores.blocks import BLOCK_BYTES, BlockHasher, Fingerprint
from rushes.stores.provider import Abilities, PartProof
from rushes.stores.s3 import open_s3
from tests.support.object_stores import BUCKET, ObjectServer, create_bucket
from tests.support.radosgw import serve_radosgw

ROW = "bucket"
WORK = "a local file into a bucket: speed to `upload_file` of boto3"
BUDGET = Budget(0.9, is_least=True)


def measure(plan: Plan) -> Iterator[Figure]:
    """Yield the figure of a bucket."""
    size = plan.bucket_mib * MIB
    if shutil.which("radosgw") is None:
        yield Figure(ROW, WORK, budget=BUDGET, note="no radosgw here (Debian: radosgw, ceph-osd)")
        return
    with serve_radosgw() as facts, TemporaryDirectory(dir=plan.disk) as folder:
        server = ObjectServer(**facts, bucket=BUCKET)
        create_bucket(server, BUCKET)
        path = Path(folder) / "film"
        known = make_film(path, size)
        settings = server.settings()
        runs = {
            "boto3": lambda: _timed(size, send_by_sdk(settings, path)),
            "rushes": lambda: _timed(size, asyncio.run(send_by_us(settings, path, known))),
        }
        runs["boto3"]()  # the server's first upload is slower than the rest
        costs = take_turns(runs, plan.rounds, tell)
    wall = {name: [cost.wall for cost in found] for name, found in costs.items()}
    told = {
        name: f"{1_024 / sorted(found)[len(found) // 2]:.0f} MiB/s" for name, found in wall.items()
    }
    yield Figure(
        ROW,
        WORK,
        ratios(wall["boto3"], wall["rushes"]),
        budget=BUDGET,
        ours=told["rushes"],
        beside=told["boto3"],
    )


def _timed(size: int, seconds: float) -> Cost:
    return Cost(0, seconds / (size / GIB))


def make_film(path: Path, size: int) -> Fingerprint:
    """Write a file whose blocks differ, and return its digests."""
    hasher, block = BlockHasher(with_whole=False), bytearray(range(256)) * (BLOCK_BYTES // 256)
    with path.open("wb") as file:
        for number in range(size // BLOCK_BYTES):
            block[:8] = number.to_bytes(8, "big")
            file.write(block)
            hasher.update(block)
    return hasher.finish()


def send_by_sdk(settings: StoreSettings, path: Path) -> float:
    """Return the seconds of `upload_file`."""
    assert settings.access_key is not None
    assert settings.secret_key is not None
    client = boto3.client(
        "s3",
        endpoint_url=settings.endpoint,
        region_name=settings.region,
        aws_access_key_id=settings.access_key.get_secret_value(),
        aws_secret_access_key=settings.secret_key.get_secret_value(),
    )
    key = f"{settings.prefix}/sdk"
    began = time.perf_counter()
    client.upload_file(str(path), settings.bucket, key)
    took = time.perf_counter() - began
    client.delete_object(Bucket=settings.bucket, Key=key)
    return took


async def send_by_us(settings: StoreSettings, path: Path, known: Fingerprint) -> float:
    """Return the seconds of `adopt`, which reads blocks back at its end."""
    found = Abilities(part_proof=PartProof.SHA256)
    async with await open_s3("bench", settings, found) as store:
        began = time.perf_counter()
        await store.adopt("ours", path, known)
        took = time.perf_counter() - began
        await store.delete("ours")
    return took
