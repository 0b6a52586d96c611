"""The disk fails at the Nth call, for every N and every protocol: nothing false is answered."""

from __future__ import annotations

import asyncio
import hashlib
import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from rushes.uploads.upload import State
from tests.faults.long.disk import CALLS, ERRORS, FailingDisk
from tests.faults.long.journal import KIB, Journal, Parcel
from tests.faults.long.line import Line
from tests.faults.long.rounds import carry
from tests.faults.long.ways import BROKEN, WAYS, Desk, Way
from tests.support.receiving import make_parts, start

SWEPT = ("tus-link", "tus-parts", "ietf", "chunks")
MOST = 3
"""In the short form a call fails for N up to this; in the long one until no call is left."""

CHUNK = {"RUSHES_UPLOADS_CHUNK_MIN_BYTES": str(64 * KIB)}


@dataclass(slots=True)
class Sweep:
    """One server over one disk, and what was sent over it."""

    disk: FailingDisk
    ways: dict[str, Way]
    chance: random.Random
    sent: list[Parcel]

    async def run(self, way: str, call: str, number: int, most: int) -> int:
        """Let the Nth call fail for each N, and send a file each time; return the last N."""
        for nth in range(1, most + 1):
            content = self.chance.randbytes(self.chance.randrange(150 * KIB, 300 * KIB))
            parcel = Parcel(f"take_{len(self.sent):05}.bin", way, content)
            self.disk.fail(call, nth, number)
            await carry(self.ways[way], parcel, BROKEN)
            self.sent.append(parcel)
            if not self.disk.has_fired:
                return nth
        return most


@pytest.mark.covers("S-UP-12", "BG-01")
@pytest.mark.timeout(900)
async def test_whichever_call_fails_no_protocol_answers_anything_false(
    sqlite_url: str, tmp_path: Path, link_token: str, shim: Path, chance: random.Random,
    *, request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    """500 or 507, then on from what is told; every file is whole in the end, byte for byte."""
    folder = tmp_path / "house"
    disk = FailingDisk(shim, tmp_path / "plan", folder / "spool")
    server = await start(sqlite_url, folder, link_token, **disk.environment, **CHUNK)
    journal = Journal()
    desk = Desk(Line(server.address), journal, chance, {"Rushes-Link": link_token}, link_token)
    sweep = Sweep(disk, {name: WAYS[name](desk) for name in SWEPT}, chance, [])
    most = 100 if request.config.getoption("--long") else MOST
    try:
        for way in SWEPT:
            for call in CALLS:
                for number in ERRORS:
                    await sweep.run(way, call, number, most)
    finally:
        await server.kill()

    assert len(sweep.sent) >= len(SWEPT) * len(CALLS) * len(ERRORS)
    assert {"500", "507"} == {refusal.split()[1] for refusal in journal.refusals}
    await check(sqlite_url, folder, sweep.sent)


async def check(url: str, folder: Path, sent: list[Parcel]) -> None:
    """Compare all that is kept with what was sent."""
    parts = make_parts(url, folder)
    for parcel in sent:
        upload = await parts.upload(parcel.upload_id)
        kept = await parts.content(parcel.upload_id)
        assert State.COMPLETED is upload.state, parcel
        assert hashlib.sha256(parcel.content).digest() == hashlib.sha256(kept).digest(), parcel
    await parts.database.close()
    await asyncio.to_thread(parts.spool.threads.shutdown)
