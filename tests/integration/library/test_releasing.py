"""What a scan keeps out is seen, looked through again, and let in by those who may."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from rushes.access.permit import Forbidden, Role
from rushes.delivery.download import Download
from rushes.events.event import EventType
from rushes.intake.verdict import Scan, Why
from rushes.library.releasing import (
    Releasing,
    ScanBytesGone,
    ScannerOff,
    ScanNotHeld,
    ScanRiskUntold,
)
from rushes.uploads import records as upload_records
from rushes.uploads.upload import State, Upload, UploadMissing
from tests.support.moments import until
from tests.support.stage import Stage, set_stage

pytestmark = pytest.mark.timeout(300)

LOOK = """import pathlib, sys
words = pathlib.Path(sys.argv[2]).read_text()
if "virus" in words:
    print("Trial.Virus")
sys.exit(1 if "virus" in words else int(pathlib.Path(sys.argv[1]).read_text()))
"""


def releasing(stage: Stage) -> Releasing:
    """Return what manages what is kept out."""
    return Releasing(stage.house.database, stage.house.clock, stage.house.settings.scan)


async def held(stage: Stage, name: str) -> Upload:
    """Send a file; return it once it is kept out."""
    upload = await stage.send(name, f"{name}: scene 1, take 3.\n".encode())

    async def is_out() -> bool:
        async with stage.house.database.reading() as connection:
            now = await upload_records.get_upload(connection, upload.id)
        return now.state is State.QUARANTINED

    await until(is_out, what=f"{name} to be kept out", seconds=120)
    return upload


async def told(stage: Stage, upload: Upload) -> list[tuple[str, object, object]]:
    """Return by whom and why an upload was reopened."""
    found = await stage.events(upload.asset_id)
    return [
        (event.actor, event.data["deed"], event.data.get("reason"))
        for event in found
        if event.type is EventType.SCAN_REOPENED
    ]


@pytest.mark.covers("S-AV-02", "S-AV-03", "BG-27")
async def test_admins_let_in_what_a_scan_keeps_out(tmp_path: Path, sqlite_url: str) -> None:
    """With a reason; what is infected a superadmin alone, in so many words; never as clean."""
    exit_code, script = tmp_path / "exit", tmp_path / "look.py"
    script.write_text(LOOK)
    exit_code.write_text("2")
    wanted = {
        "scanner": "command",
        "command": (sys.executable, str(script), str(exit_code)),
        "required": True,
        "keep_infected_days": 7,
        "retries": 0,
    }
    async with set_stage(tmp_path, sqlite_url, scan=wanted) as stage:
        deeds, me = releasing(stage), stage.admin
        admin = replace(me, role=Role.ADMIN)
        plain, later, bad = [await held(stage, name) for name in ("plain", "later", "virus")]
        seen = {one.upload.id: one.scanned.verdict for one in await deeds.list_held(admin, None, 9)}

        await deeds.release(admin, plain.id, "known sender")
        with pytest.raises(ScanRiskUntold, match=r"Trial\.Virus"):
            await deeds.release(me, bad.id, "known sender")
        with pytest.raises(Forbidden):
            await deeds.release(admin, bad.id, "known sender", infected=True)
        with pytest.raises(Forbidden):
            await deeds.release(replace(me, role=Role.EDITOR), bad.id, "mine")
        await deeds.release(me, bad.id, "a false alarm", infected=True)
        exit_code.write_text("0")
        await deeds.scan_again(admin, later.id)
        assets = [await stage.settled(upload) for upload in (plain, bad, later)]
        address = await stage.house.downloading.original(me, bad.asset_id, "http://here")
        with pytest.raises(ScanNotHeld):
            await deeds.scan_again(me, plain.id)

        assert {Scan.NOT_SCANNED: 2, Scan.INFECTED: 1} == {
            scan: [verdict.scan for verdict in seen.values()].count(scan)
            for scan in (Scan.NOT_SCANNED, Scan.INFECTED)
        }
        assert [Scan.NOT_SCANNED, Scan.NOT_SCANNED, Scan.CLEAN] == [one.scan for one in assets]
        assert isinstance(address, Download)
        assert [] == list(await deeds.list_held(me, None, 9))
        assert [(me.id, "release", "known sender")] == await told(stage, plain)
        assert [(me.id, "release", "a false alarm")] == await told(stage, bad)
        assert [(me.id, "scan_again", None)] == await told(stage, later)


async def test_what_is_gone_or_was_never_held_is_not_let_in(
    tmp_path: Path, sqlite_url: str
) -> None:
    """Infected bytes go at once by default; without a scanner nothing is looked through."""
    script = tmp_path / "look.py"
    script.write_text(LOOK)
    wanted = {"scanner": "command", "command": (sys.executable, str(script), "none")}
    async with set_stage(tmp_path, sqlite_url, scan=wanted | {"gate": "all"}) as stage:
        deeds, me = releasing(stage), stage.admin
        bad = await held(stage, "virus")

        async def is_gone() -> bool:
            return (await deeds.list_held(me, None, 9))[0].scanned.removed_at is not None

        await until(is_gone, what="the bytes to go", seconds=120)
        off = replace(deeds, settings=deeds.settings.model_copy(update={"scanner": "off"}))
        for refusal, deed in (
            (ScanBytesGone, deeds.release(me, bad.id, "a false alarm", infected=True)),
            (ScanBytesGone, deeds.scan_again(me, bad.id)),
            (ScannerOff, off.scan_again(me, bad.id)),
            (UploadMissing, deeds.scan_again(me, "upl_unknown")),
        ):
            with pytest.raises(refusal):
                await deed
        assert Why.RELEASED not in {
            one.scanned.verdict.why for one in await deeds.list_held(me, None, 9)
        }


async def test_a_scanner_that_is_away_lets_nothing_infected_in(
    tmp_path: Path, sqlite_url: str
) -> None:
    """Looked through again it stays infected, and a superadmin's, unless it is called clean."""
    script = tmp_path / "look.py"
    script.write_text(LOOK)
    wanted = {
        "scanner": "command",
        "command": (sys.executable, str(script), "none"),
        "gate": "all",
        "keep_infected_days": 7,
        "retries": 0,
    }
    async with set_stage(tmp_path, sqlite_url, scan=wanted) as stage:
        deeds, me = releasing(stage), stage.admin
        bad = await held(stage, "virus")
        script.write_text("import sys; sys.exit(3)")
        await deeds.scan_again(replace(me, role=Role.ADMIN), bad.id)

        async def is_out_again() -> bool:
            return len(await deeds.list_held(me, None, 9)) == 1

        await until(is_out_again, what="it to be kept out again", seconds=120)
        verdict = (await deeds.list_held(me, None, 9))[0].scanned.verdict
        assert (Scan.INFECTED, ("Trial.Virus",)) == (verdict.scan, verdict.found)
        with pytest.raises(Forbidden):
            await deeds.release(replace(me, role=Role.ADMIN), bad.id, "mine", infected=True)
