"""`rushes doctor`: what is here, what was found, and what to do about it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Final

import typer

from rushes.cli.editing import examine_editing
from rushes.cli.finding import Finding
from rushes.cli.places import DataOption, load_settings
from rushes.cli.spooling import examine_spool
from rushes.cli.voice import EXIT_CODES, AsJson, answer
from rushes.cli.vouching import examine_provider
from rushes.clock import SYSTEM
from rushes.compose import SEGMENTS
from rushes.db.engine import open_database
from rushes.db.migrate import SchemaState, find_state
from rushes.errors import Kind, RushesError
from rushes.http.guard import require_safe_transport
from rushes.intake.scanners import open_scanner
from rushes.jobs import records as job_records
from rushes.jobs.engine import LOCK
from rushes.jobs.lock import find_holder
from rushes.jobs.schedule import TIMES
from rushes.media.box import STRENGTH, Level
from rushes.media.encoder import PROGRAM_NAMES, Encoder
from rushes.media.encoding import choose_encoder
from rushes.media.toolbox import open_toolbox
from rushes.renditions.sharing import list_signed
from rushes.schedule_section import OFF
from rushes.sections import GIB, StoreSettings
from rushes.settings import Settings
from rushes.stores.provider import Provider, judge, quirks_of
from rushes.stores.s3 import open_s3
from rushes.stores.s3_probe import Probe
from rushes.tiers.probes import Probes, require_fit

SCARCE: Final = 0.05
"""The share of a disk under which uploads are refused."""

BOXES: Final = {
    Level.FULL: "tools see nothing but what they work on (bubblewrap)",
    Level.PARTIAL: "tools read their libraries and what they work on, no more (Landlock)",
    Level.NONE: "tools are limited, not shut in",
}


def add_commands(app: typer.Typer) -> None:
    """Tell the command of this module."""
    app.command("doctor")(doctor)


def doctor(*, data: DataOption = None, as_json: AsJson = False) -> None:
    """Say what is there, what was found, and what to do."""
    settings = load_settings(data)
    findings = [_examine(name, check, settings) for name, check in CHECKS.items()]
    answer([asdict(one) for one in findings], "\n".join(_lines(findings)), as_json=as_json)
    if not all(one.is_well for one in findings):
        raise typer.Exit(EXIT_CODES[Kind.UNAVAILABLE])


def _examine(name: str, check: Callable[[Settings], Finding], settings: Settings) -> Finding:
    try:
        return check(settings)
    except RushesError as error:
        return Finding(name, is_well=False, found=error.message)


def _database(settings: Settings) -> Finding:
    kind = "SQLite" if settings.is_embedded else "PostgreSQL"
    if settings.is_embedded and not settings.at("rushes.db").exists():
        advice = "It is made when `rushes serve` starts."
        return Finding("database", is_well=True, found=f"{kind}, not made yet", advice=advice)
    state = find_state(settings.rooms_url)
    if state is SchemaState.CURRENT:
        return Finding("database", is_well=True, found=f"{kind}, schema current")
    return Finding(
        "database", is_well=False, found=f"{kind}, schema {state}", advice="Run `rushes migrate`."
    )


def _disk(settings: Settings) -> Finding:
    folder = settings.data.absolute()
    while not folder.exists():
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    least = min(settings.uploads.keep_free_bytes, int(usage.total * SCARCE))
    found = f"{usage.free / GIB:.1f} of {usage.total / GIB:.1f} GiB free at {folder}"
    if usage.free > least:
        return Finding("disk", is_well=True, found=found)
    advice = f"Make room: below {least / GIB:.1f} GiB uploads are refused."
    return Finding("disk", is_well=False, found=found, advice=advice)


def _tools(settings: Settings) -> Finding:
    program = None if settings.media.ffmpeg is None else str(settings.media.ffmpeg)
    tools = asyncio.run(open_toolbox(program))
    return Finding("ffmpeg", is_well=True, found=tools.ffmpeg.program)


def _encoder(settings: Settings) -> Finding:
    program = None if settings.media.ffmpeg is None else str(settings.media.ffmpeg)
    wanted = Encoder(settings.media.encoder)
    if wanted is Encoder.SOFTWARE:
        return Finding("encoder", is_well=True, found="x264")
    tools = asyncio.run(open_toolbox(program, user=settings.box.user))
    trouble = asyncio.run(choose_encoder(tools, wanted)).trouble
    if trouble is None:
        return Finding("encoder", is_well=True, found=PROGRAM_NAMES[wanted])
    advice = "x264 encodes instead. See to its driver and the rights of box.user, or set software."
    return Finding("encoder", is_well=False, found=trouble, advice=advice)


def _box(settings: Settings) -> Finding:
    program = None if settings.media.ffmpeg is None else str(settings.media.ffmpeg)
    wanted = Level(settings.box.require)
    tools = asyncio.run(open_toolbox(program, wanted, settings.box.user))
    is_well = STRENGTH[tools.level] >= STRENGTH[wanted]
    found = f"{tools.level}: {BOXES[tools.level]}"
    if tools.level is Level.FULL:
        return Finding("box", is_well=is_well, found=found)
    advice = "Install bubblewrap and allow user namespaces before strangers upload."
    if not is_well:
        advice = f"Media work waits, as box.require is {wanted}. {advice}"
    return Finding("box", is_well=is_well, found=found, advice=advice)


def _worker(settings: Settings) -> Finding:
    if not settings.is_embedded:
        advice = "Run `rushes work` on as many machines as you like."
        return Finding("worker", is_well=True, found="on PostgreSQL, by itself", advice=advice)
    holder = find_holder(settings.at(LOCK))
    if holder is None:
        return Finding("worker", is_well=True, found="none runs", advice="`rushes serve` runs one.")
    return Finding("worker", is_well=True, found=f"runs as process {holder}")


def _segments(settings: Settings) -> Finding:
    if settings.is_embedded:
        return Finding("segments", is_well=True, found="in the data folder, for one machine")
    living = asyncio.run(_list_living(settings))
    folder = settings.at(SEGMENTS)
    unseen = {host for worker, host in living.items() if worker not in list_signed(folder)}
    if not unseen:
        workers = "1 worker" if len(living) == 1 else f"{len(living)} workers"
        found = f"{folder} is shared with {workers}"
        return Finding("segments", is_well=True, found=found)
    found = f"{folder} is not that of the workers on {', '.join(sorted(unseen))}"
    advice = "Let one data folder be shared by all machines: see the page on PostgreSQL."
    return Finding("segments", is_well=False, found=found, advice=advice)


async def _list_living(settings: Settings) -> dict[str, str]:
    database = open_database(settings.rooms_url)
    try:
        async with database.reading() as connection:
            return await job_records.list_living(connection, settings.jobs.dead_after)
    finally:
        await database.close()


def _address(settings: Settings) -> Finding:
    require_safe_transport(settings)
    return Finding("address", is_well=True, found=settings.public_url)


def _times(settings: Settings) -> Finding:
    found = [f"{time.workflow} {time.line(settings.schedules) or OFF}" for time in TIMES]
    return Finding("schedules", is_well=True, found=f"{'; '.join(found)} (UTC)")


def _stores(settings: Settings) -> Finding:
    buckets = {name: one for name, one in settings.stores.items() if one.kind == "s3"}
    if not buckets:
        return Finding("stores", is_well=True, found="folders only")
    found = [asyncio.run(_ask_store(name, one, settings)) for name, one in buckets.items()]
    advice = [line for name, one in buckets.items() for line in _advice(name, one)]
    return Finding("stores", is_well=True, found="; ".join(found), advice=" ".join(advice) or None)


def _edges(settings: Settings) -> Finding:
    edges, header = settings.tiers.edges, settings.delivery.country_header
    if not edges:
        return Finding("edges", is_well=True, found="the home edge alone")
    told = [f"{region} ({', '.join(edge.countries) or 'chosen'})" for region, edge in edges.items()]
    advice = None
    if header is None and any(edge.countries for edge in edges.values()):
        advice = "Nothing tells a viewer's country: set delivery.country_header."
    found = f"home, {', '.join(told)}"
    return Finding("edges", is_well=True, found=found, advice=advice)


async def _ask_store(name: str, bucket: StoreSettings, settings: Settings) -> str:
    """Ask a store with wrong values on purpose; what it answers is kept where there are tables."""
    async with await open_s3(name, bucket) as store:
        if find_state(settings.rooms_url) is not SchemaState.CURRENT:
            answers = await Probe(store).ask_all()
            require_fit(name, answers)
        else:
            database = open_database(settings.rooms_url)
            try:
                answers = await Probes(database, SYSTEM).ask(store)
            finally:
                await database.close()
    missing = [ask.value for ask, answer in answers.items() if not answer.is_well]
    proof = judge(answers).part_proof
    return f"{name} proves parts by {proof}; it lacks {', '.join(missing) or 'nothing'}"


def _advice(name: str, bucket: StoreSettings) -> Iterator[str]:
    for line in quirks_of(Provider(bucket.provider)).advice:
        yield f"{name}: {line}"


def _scan(settings: Settings) -> Finding:
    scanner = open_scanner(settings.scan)
    if scanner is None:
        advice = "Files are called not scanned. Set scan.scanner before strangers upload."
        return Finding("scan", is_well=True, found="off", advice=advice)
    version = asyncio.run(scanner.require())
    return Finding("scan", is_well=True, found=f"{scanner.name}: {version}")


CHECKS: Final[dict[str, Callable[[Settings], Finding]]] = {
    "database": _database,
    "disk": _disk,
    "spool": examine_spool,
    "ffmpeg": _tools,
    "encoder": _encoder,
    "box": _box,
    "worker": _worker,
    "segments": _segments,
    "stores": _stores,
    "edges": _edges,
    "editing": examine_editing,
    "address": _address,
    "log-in": examine_provider,
    "schedules": _times,
    "scan": _scan,
}


def _lines(findings: list[Finding]) -> Iterator[str]:
    for one in findings:
        yield f"{'ok  ' if one.is_well else 'BAD '} {one.name:10} {one.found}"
        if one.advice is not None:
            yield f"                -> {one.advice}"
