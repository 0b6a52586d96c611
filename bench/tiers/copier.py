"""One large object between two stores: our copier beside rclone, on the same pair, in one run.

Ours proves each block by its SHA-256 while it flows, is durable at its end and reads blocks back;
rclone compares sizes and what it takes for a digest, and a file that it wrote is pushed to the disk
by `sync` within its time. Both have parts of 16 MiB, four at once. The stores share the cores of
this machine with both.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from bench.ingest.bucket import make_film
from bench.ingest.figures import Budget, Figure, ratios
from bench.ingest.machine import GIB, MIB, Cost, take_turns
from bench.ingest.plan import tell
from bench.tiers.plan import MovingPlan, touch_memory
from rushes.db.migrate import migrate
from rushes.stores.blocks import BLOCK_BYTES, Fingerprint
from rushes.tiers.carry import STREAMS
from tests.faults.long.movements import plain
from tests.support.object_stores import BUCKET, ObjectServer, create_bucket
from tests.support.radosgw import serve_radosgw
from tests.support.swift import serve_swift

ROW = "copier"
SPEED = Budget(0.9, is_least=True)
MEMORY = Budget(STREAMS * BLOCK_BYTES // MIB + 64)
KEY = "proxies/film.mp4"
RCLONE = (
    *("rclone", "copyto", "--quiet", "--ignore-times", "--s3-chunk-size=16M"),
    *("--s3-upload-cutoff=16M", f"--s3-upload-concurrency={STREAMS}"),
    *(f"--multi-thread-streams={STREAMS}", "--multi-thread-cutoff=16M"),
)


@dataclass(slots=True)
class Yard:
    """Where an object is moved about; `peaks` are what our movements held over idle, in MiB."""

    folder: Path
    known: Fingerprint
    buckets: dict[str, ObjectServer]
    peaks: list[float] = field(default_factory=list)
    unsynced: list[float] = field(default_factory=list)
    """Seconds in which rclone wrote a file that was not on the disk yet."""
    _moved: int = 0

    def run(self, pair: tuple[str, str], program: str) -> Cost:
        """Move it once by one of the two programs."""
        self._moved += 1
        move = self._by_us if program == "rushes" else self._by_rclone
        seconds = move(*pair)
        return Cost(0, seconds / (self.known.size_bytes / GIB))

    def _by_us(self, source: str, target: str) -> float:
        order = {
            "database": f"sqlite:///{self.folder / 'rushes.db'}",
            "source": self._place(source, ""),
            "target": self._place(target, f"run-{self._moved}"),
            "key": KEY,
            "scratch": str(self.folder / "touched"),
            "size_bytes": self.known.size_bytes,
            "blocks": [each.hex() for each in self.known.blocks or ()],
        }
        done = subprocess.run(
            [sys.executable, "-m", "bench.tiers.carrying", json.dumps(order)],
            capture_output=True,
            text=True,
            check=True,
        )
        told = json.loads(done.stdout)
        self.peaks.append(told["peak"] - told["idle"])
        return float(told["seconds"])

    def _by_rclone(self, source: str, target: str) -> float:
        words = [self._address(source, ""), self._address(target, f"run-{self._moved}")]
        known = {name: told for name, told in os.environ.items() if not name.startswith("AWS_")}
        environment = known | {"RCLONE_CONFIG": os.devnull}
        for name, server in self.buckets.items():
            environment |= {
                f"RCLONE_CONFIG_{name.upper()}_{each}": value
                for each, value in {
                    "TYPE": "s3",
                    "PROVIDER": "Ceph" if name == "radosgw" else "Other",
                    "ENDPOINT": server.endpoint,
                    "ACCESS_KEY_ID": server.access_key,
                    "SECRET_ACCESS_KEY": server.secret_key,
                    "REGION": "us-east-1",
                }.items()
            }
        touch_memory(self.folder / "touched", self.known.size_bytes)
        begun = time.perf_counter()
        subprocess.run([*RCLONE, *words], env=environment, check=True)
        if target == "folder":  # ours is on the disk when it says so, and so are buckets'
            self.unsynced.append(time.perf_counter() - begun)
            subprocess.run(["sync", words[1]], check=True)
        return time.perf_counter() - begun

    def _place(self, name: str, prefix: str) -> str | dict[str, Any]:
        if name == "folder":
            return str(self.folder / "store" / prefix)
        settings = self.buckets[name].settings(prefix=prefix)
        told: dict[str, Any] = json.loads(plain(settings))
        return told

    def _address(self, name: str, prefix: str) -> str:
        key = "/".join(part for part in (prefix, KEY) if part)
        if name == "folder":
            return str(self.folder / "store" / key)
        return f"{name}:{BUCKET}/{key}"

    def clear(self) -> None:
        """Take away what was copied into the folder."""
        for path in (self.folder / "store").glob("run-*"):
            shutil.rmtree(path)


def measure(plan: MovingPlan) -> Iterator[Figure]:
    """Yield the figures of movements."""
    missing = [each for each in ("rclone", "radosgw") if shutil.which(each) is None]
    if missing:
        yield Figure(ROW, "movements beside rclone", note=f"no {' and no '.join(missing)} here")
        return
    with ExitStack() as stack:
        yard = _make_yard(plan, stack)
        pairs = [("radosgw", "folder"), ("folder", "radosgw")]
        if "swift" in yard.buckets:
            pairs.append(("radosgw", "swift"))
        for pair in pairs:
            yield _measure_pair(plan, yard, pair)
        work = f"memory of a movement of {plan.object_mib} MiB over idle"
        yield Figure(ROW, work, (max(yard.peaks),), "MiB", MEMORY)


def _measure_pair(plan: MovingPlan, yard: Yard, pair: tuple[str, str]) -> Figure:
    tell(f"{pair[0]} to {pair[1]}")
    runs: dict[str, Callable[[], Cost]] = {
        "rclone": lambda: yard.run(pair, "rclone"),
        "rushes": lambda: yard.run(pair, "rushes"),
    }
    costs = take_turns(runs, plan.rounds, tell, yard.clear)
    walls = {name: [cost.wall for cost in found] for name, found in costs.items()}
    told = {
        name: f"{1_024 / sorted(wall)[len(wall) // 2]:.0f} MiB/s" for name, wall in walls.items()
    }
    return Figure(
        ROW,
        f"{plan.object_mib} MiB from {pair[0]} to {pair[1]}: speed to rclone",
        ratios(walls["rclone"], walls["rushes"]),
        budget=SPEED,
        ours=told["rushes"],
        beside=f"{told['rclone']}{_unsynced(yard, pair)}",
    )


def _unsynced(yard: Yard, pair: tuple[str, str]) -> str:
    if pair[1] != "folder":
        return ""
    mebibytes = yard.known.size_bytes / MIB
    return f", {mebibytes / statistics.median(yard.unsynced):.0f} MiB/s before `sync`"


def _make_yard(plan: MovingPlan, stack: ExitStack) -> Yard:
    """Start the stores, and lay one object into the folder and the bucket it is taken from."""
    folder = plan.folder / "copier"
    film = folder / "store" / KEY
    film.parent.mkdir(parents=True)
    known = make_film(film, plan.object_mib * MIB)
    (folder / "store" / ".rushes-store").write_text("0" * 32)
    buckets = {"radosgw": ObjectServer(**stack.enter_context(serve_radosgw()), bucket=BUCKET)}
    if shutil.which("swift-proxy-server") is not None:
        buckets["swift"] = ObjectServer(**stack.enter_context(serve_swift()), bucket=BUCKET)
    for server in buckets.values():
        create_bucket(server, BUCKET)
    server = buckets["radosgw"]
    boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=server.endpoint,
        aws_access_key_id=server.access_key,
        aws_secret_access_key=server.secret_key,
    ).upload_file(str(film), BUCKET, KEY)
    migrate(f"sqlite:///{folder / 'rushes.db'}")
    return Yard(folder, known, buckets)
