"""A local file into a bucket: our proved way, beside the SDK's own, on one server in one run.

    python -m bench.ingest.to_s3 [--mib 1024] [--rounds 3]

A real radosgw on this machine shares its cores with both. Ours sends each part under the SHA-256 of
its block and reads blocks back at the end; the SDK's `upload_file` does neither. The file and its
digests are made before the clock starts, as uploads bring them. The rounds take turns, and the
fastest of each counts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import boto3

from rushes.sections import StoreSettings
from rushes.stores.blocks import BLOCK_BYTES, BlockHasher, Fingerprint
from rushes.stores.provider import Abilities, PartProof
from rushes.stores.s3 import open_s3
from tests.support.object_stores import BUCKET, ObjectServer, create_bucket
from tests.support.radosgw import serve_radosgw

LEAST = 0.9
"""Our rate as a share of the SDK's that is asked for."""


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    with serve_radosgw() as facts, tempfile.TemporaryDirectory(prefix="rushes-bench-") as folder:
        server = ObjectServer(**facts, bucket=BUCKET)
        create_bucket(server, BUCKET)
        path = Path(folder) / "film"
        known = make_film(path, chosen.mib)
        settings = server.settings()
        theirs, ours = [], []
        for number in range(chosen.rounds):
            theirs.append(send_by_sdk(settings, path, f"sdk-{number}"))
            ours.append(asyncio.run(send_by_us(settings, path, known, f"ours-{number}")))
    answer = report(chosen.mib, theirs, ours)
    print(json.dumps(answer, indent=1))


def make_film(path: Path, mib: int) -> Fingerprint:
    """Write a file whose blocks differ, and return its digests."""
    hasher, block = BlockHasher(with_whole=False), bytearray(range(256)) * (BLOCK_BYTES // 256)
    with path.open("wb") as file:
        for number in range(mib * 2**20 // BLOCK_BYTES):
            block[:8] = number.to_bytes(8, "big")
            file.write(block)
            hasher.update(block)
    return hasher.finish()


def send_by_sdk(settings: StoreSettings, path: Path, key: str) -> float:
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
    began = time.perf_counter()
    client.upload_file(str(path), settings.bucket, f"{settings.prefix}/{key}")
    took = time.perf_counter() - began
    client.delete_object(Bucket=settings.bucket, Key=f"{settings.prefix}/{key}")
    return took


async def send_by_us(settings: StoreSettings, path: Path, known: Fingerprint, key: str) -> float:
    """Return the seconds of `adopt`, which reads blocks back at its end."""
    found = Abilities(part_proof=PartProof.SHA256)
    async with await open_s3("bench", settings, found) as store:
        began = time.perf_counter()
        await store.adopt(key, path, known)
        took = time.perf_counter() - began
        await store.delete(key)
    return took


def report(mib: int, theirs: Sequence[float], ours: Sequence[float]) -> dict[str, object]:
    """Return the rates and their share."""
    share = min(theirs) / min(ours)
    return {
        "mib": mib,
        "sdk_mib_per_second": round(mib / min(theirs), 1),
        "ours_mib_per_second": round(mib / min(ours), 1),
        "share_of_sdk": round(share, 2),
        "at_least": LEAST,
        "sdk_seconds": [round(one, 2) for one in theirs],
        "our_seconds": [round(one, 2) for one in ours],
    }


if __name__ == "__main__":
    main()
