"""Files are looked through by a real clamd, and what it finds stays out."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from rushes.delivery.download import Download
from rushes.events.event import EventType
from rushes.intake import scan_records
from rushes.intake.clamd import Clamd, ScannerAway
from rushes.intake.scan_records import Scanned
from rushes.intake.verdict import CLEAN, Scan, Verdict, Why
from rushes.library.asset import AssetNotFound
from rushes.uploads import records as upload_records
from rushes.uploads.upload import INFECTED, NOT_SCANNED, State, Upload
from tests.fixtures.media_files import MediaFiles
from tests.support.moments import until
from tests.support.scanner import (
    EICAR,
    NAME,
    SCAN_BYTES,
    STREAM_BYTES,
    ClamdServer,
    serve_clamd,
    zip_of,
)
from tests.support.stage import Stage, set_stage

pytestmark = pytest.mark.timeout(300)

SAID = f"{NAME}.UNOFFICIAL"
BAD = Verdict(Scan.INFECTED, found=(SAID,))
LARGE = Verdict(Scan.NOT_SCANNED, Why.TOO_LARGE)


@pytest.fixture(scope="module")
def clamd() -> Iterator[ClamdServer]:
    """A daemon that knows one signature."""
    with serve_clamd() as server:
        yield server


@asynccontextmanager
async def screened(folder: Path, database_url: str, /, **scan: object) -> AsyncIterator[Stage]:
    """A house that scans."""
    wanted = {"patience": 0, "retries": 1, "timeout": 60, **scan}
    async with set_stage(folder, database_url, scan=wanted) as stage:
        yield stage


async def verdict_of(stage: Stage, upload: Upload) -> Scanned:
    """Return what was said of an upload, when it was said and acted upon."""
    found: list[Scanned] = []

    async def is_over() -> bool:
        async with stage.house.database.reading() as connection:
            known = await scan_records.find_scan(connection, upload.id)
            now = await upload_records.get_upload(connection, upload.id)
        if known is None or known.verdict.scan is Scan.PENDING or now.state is State.COMPLETED:
            return False
        found.append(known)
        return True

    await until(is_over, what="a verdict", seconds=120)
    return found[0]


async def state_of(stage: Stage, upload: Upload) -> tuple[State, str | None]:
    """Return the state of an upload, and its reason."""
    async with stage.house.database.reading() as connection:
        now = await upload_records.get_upload(connection, upload.id)
    return now.state, now.reason


@pytest.mark.covers("S-AV-01", "S-AV-02", "S-AV-03", "BG-26", "BG-27", "BG-28")
async def test_six_files_get_six_verdicts(
    tmp_path: Path, sqlite_url: str, clamd: ClamdServer, media_files: MediaFiles
) -> None:
    """Plain, packed, inside a film, clean, and beyond two limits: none is taken for another."""
    film = media_files.get("h264.mp4").read_bytes()
    virus = EICAR.encode()
    files = {
        "clean.txt": (b"Scene 1, take 3.\n", Verdict(Scan.CLEAN)),
        "plain.txt": (virus, BAD),
        "packed.zip": (zip_of(virus), BAD),
        "film.mp4": (film + virus, BAD),
        "scan-limit.bin": (b"\1" * SCAN_BYTES + virus, LARGE),
        "stream-limit.bin": (b"\1" * (STREAM_BYTES + 2**20) + virus, LARGE),
    }
    async with screened(
        tmp_path, sqlite_url, scanner="clamd", address=clamd.address, gate="all"
    ) as stage:
        sent = {name: await stage.send(name, content) for name, (content, _) in files.items()}
        said = {name: (await verdict_of(stage, one)).verdict for name, one in sent.items()}
        states = {name: await state_of(stage, one) for name, one in sent.items()}

        assert {name: expected for name, (_, expected) in files.items()} == said
        bad = {name for name, verdict in said.items() if verdict.scan is Scan.INFECTED}
        assert {(State.QUARANTINED, INFECTED)} == {states[name] for name in bad}
        assert {(State.ACCEPTED, None)} == {states[name] for name in set(states) - bad}
        for name, upload in sent.items():
            asset = await stage.find(upload)
            assert (name in bad) == (asset is None)
            assert asset is None or asset.scan is said[name].scan
        told = await stage.events(sent["plain.txt"].asset_id)
        assert EventType.SCAN_INFECTED in {event.type for event in told}
        assert EventType.ASSET_CREATED not in {event.type for event in told}
        gone = {sent[name].id for name in bad}
        await until(
            lambda: not any(name.partition(".")[0][-40:] in gone for name in stage.files("spool")),
            what="no bytes of infected files",
            seconds=60,
        )


@pytest.mark.covers("S-AV-02", "BG-26")
async def test_what_is_found_behind_the_gate_goes_out_again(
    tmp_path: Path, database_url: str, clamd: ClamdServer
) -> None:
    """A file of an account is filed at once; its original waits, and infected it is gone."""
    async with screened(
        tmp_path, database_url, scanner="clamd", address=clamd.socket, gate="links"
    ) as stage:
        bad = await stage.send("plain.txt", EICAR.encode())
        good = await stage.send("good.txt", b"Scene 1, take 3.\n")

        assert BAD == (await verdict_of(stage, bad)).verdict
        assert Verdict(Scan.CLEAN) == (await verdict_of(stage, good)).verdict
        assert (State.QUARANTINED, INFECTED) == await state_of(stage, bad)

        async def is_out() -> bool:
            return await stage.find(bad) is None

        await until(is_out, what="the asset to go", seconds=120)
        with pytest.raises(AssetNotFound):
            await stage.house.downloading.original(stage.admin, bad.asset_id, "http://here")
        asset = await stage.settled(good)
        address = await stage.house.downloading.original(stage.admin, asset.id, "http://here")
        assert Scan.CLEAN is asset.scan
        assert isinstance(address, Download)
        await until(lambda: not stage.files("spool"), what="an empty spool", seconds=120)
        assert {f"originals/acme-corp/spring/{asset.id}/good.txt"} == stage.files("archive")


@pytest.mark.covers("S-AV-03", "BG-27")
@pytest.mark.parametrize("required", [False, True])
async def test_a_scanner_that_is_away_never_makes_a_file_clean(
    tmp_path: Path, sqlite_url: str, *, required: bool
) -> None:
    """It is asked again, then the file has failed: it comes in as that, or stays out."""
    with socket.socket() as free:  # bound, and nobody listens
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        async with screened(
            tmp_path, sqlite_url, scanner="clamd", address=address, gate="all", required=required
        ) as stage:
            upload = await stage.send("note.txt", b"Scene 1, take 3.\n")
            known = await verdict_of(stage, upload)
            asset = await stage.find(upload)

            assert (Verdict(Scan.FAILED, Why.UNAVAILABLE), 2) == (known.verdict, known.tries)
            expected = (State.QUARANTINED, NOT_SCANNED) if required else (State.ACCEPTED, None)
            assert expected == await state_of(stage, upload)
            assert (None if required else Scan.FAILED) is (asset and asset.scan)


@pytest.mark.covers("S-AV-03", "BG-28")
async def test_a_scanner_that_hangs_fails_the_file(tmp_path: Path, sqlite_url: str) -> None:
    """Somebody listens, takes everything, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        async with screened(
            tmp_path, sqlite_url, scanner="clamd", address=address, gate="all", timeout=0.2
        ) as stage:
            upload = await stage.send("note.txt", b"Scene 1, take 3.\n")

            assert Scan.FAILED is (await verdict_of(stage, upload)).verdict.scan


@pytest.mark.covers("S-AV-04")
async def test_a_program_of_ones_own_is_asked(tmp_path: Path, sqlite_url: str) -> None:
    """Its exit is the verdict, its words are what it found, and the file is its last argument."""
    program = tmp_path / "scanner"
    program.write_text(
        '#!/bin/sh\n[ "$1" = --quiet ] || exit 9\n'
        'grep -q EICAR "$2" && echo Own.Eicar && exit 1\n'
        'grep -q strange "$2" && exit 2\nexit 0\n'
    )
    program.chmod(0o755)
    files = {
        "bad.txt": (EICAR.encode(), Verdict(Scan.INFECTED, found=("Own.Eicar",))),
        "strange.txt": (b"strange\n", Verdict(Scan.NOT_SCANNED, Why.UNABLE)),
        "good.txt": (b"Scene 1.\n", Verdict(Scan.CLEAN)),
    }
    async with screened(
        tmp_path,
        sqlite_url,
        scanner="command",
        command=(str(program), "--quiet"),
        gate="all",
        keep_infected_days=1,
    ) as stage:
        sent = {name: await stage.send(name, content) for name, (content, _) in files.items()}
        said = {name: (await verdict_of(stage, one)).verdict for name, one in sent.items()}

        assert {name: expected for name, (_, expected) in files.items()} == said
        await stage.settled(sent["good.txt"])
        await stage.settled(sent["strange.txt"])
        await until(lambda: len(stage.files("spool")) == 1, what="only the bad one", seconds=60)
        assert await stage.find(sent["bad.txt"]) is None


async def test_a_file_of_which_only_a_part_was_sent_is_never_clean(
    clamd: ClamdServer, tmp_path: Path
) -> None:
    """What lies here is shorter than what came in: the scanner saw no end of it."""
    (tmp_path / "half").write_bytes(b"one")
    daemon = Clamd(clamd.address, timedelta(seconds=60), 2**20)

    with pytest.raises(ScannerAway, match="3 of 6 bytes"):
        await daemon.look(tmp_path / "half", 6)

    assert CLEAN == await daemon.look(tmp_path / "half", 3)
