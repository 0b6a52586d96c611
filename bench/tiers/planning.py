"""A plan over a million objects, read from a real database: seconds of CPU, and memory.

Two plans on each database: one by the days (about half of all go), one of a tier above its cap
that nothing but age empties. CPU is that of the process and of the database's own; < 5 s. Memory is
the peak of the process, < 500 MiB. Making the rows is not counted.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, create_engine, make_url, text

from bench.ingest.figures import Budget, Figure
from bench.ingest.machine import memory_mib
from bench.ingest.plan import tell
from bench.tiers.plan import MovingPlan
from rushes.db.engine import open_database
from rushes.db.migrate import migrate
from rushes.tiers.cutoffs import make_cutoffs
from rushes.tiers.placement import Tier
from rushes.tiers.retain import gather
from rushes.tiers.retention import Usage
from rushes.tiers.rules import DAY, PRESETS, Preset, Rules
from tests.support.databases import find_postgres, serve_postgres

ROW = "plan"
NOW = datetime(2026, 11, 21, tzinfo=UTC)
SECONDS, MEMORY = Budget(5), Budget(500)
CASES: Mapping[str, tuple[Rules, float]] = MappingProxyType(
    {
        "by days": (PRESETS[Preset.DEFAULT], 0.5),
        "above the cap": (
            replace(PRESETS[Preset.DEFAULT], by_quality={}, otherwise=400 * DAY),
            1.2,
        ),
    }
)
"""The rules of each plan, and how full the tier is."""

NUMBERS = """WITH RECURSIVE numbers(i) AS (
    SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < :count - 1) """
MOMENTS = MappingProxyType(
    {
        "sqlite": "strftime('%Y-%m-%d %H:%M:%S.000000', :now - {}, 'unixepoch')",
        "postgresql": "to_timestamp(:now - {})",
    }
)
"""How each database makes a moment of the seconds before now."""

FILLS = (
    """INSERT INTO projects (id, client_slug, project_slug, client_name, project_name, created_at)
    SELECT 'prj_' || i, 'acme', 'p' || i, 'Acme', 'P' || i, {moment_0} FROM numbers
    WHERE i < 100""",
    """INSERT INTO contents (id, scope, root, size_bytes, format, media_type, kind, upload_id,
    created_at)
    SELECT 'cnt_' || (10000000 + i), 'acme', {blob}, 1, 'mov', 'video/quicktime', 'video',
    'upl_' || i, {moment_0} FROM numbers WHERE i * 5 < :count""",
    """INSERT INTO assets (id, project_id, content_id, upload_id, created_by, file_name, kind,
    state, scan, size_bytes, tags, metadata, created_at, updated_at)
    SELECT 'ast_' || (10000000 + i), 'prj_' || (i % 100), 'cnt_' || (10000000 + i), 'upl_' || i,
    'acc_1', 'a.mov', 'video', 'ready', 'clean', 1, '[]', '{{}}', {moment_0}, {moment_0}
    FROM numbers WHERE i * 5 < :count""",
    """INSERT INTO renditions (id, content_id, name, kind, recipe, state, file_name, created_at,
    updated_at)
    SELECT 'rnd_' || (10000000 + i), 'cnt_' || (10000000 + i / 5), CASE i % 5 WHEN 0 THEN '360p'
    WHEN 1 THEN '540p' WHEN 2 THEN '720p' WHEN 3 THEN '1080p' ELSE '2160p' END, 'proxy',
    '01234567890123456789', 'ready', 'a.mp4', {moment_0}, {moment_0} FROM numbers""",
    """INSERT INTO placements (id, object_id, content_id, tier, state, key, size_bytes, digest,
    version, verified_at, arrived_at, last_access_at, created_at)
    SELECT 'plc_' || (10000000 + i) || side, 'rnd_' || (10000000 + i),
    'cnt_' || (10000000 + i / 5), tier, 'present', 'acme/p/cnt_' || (10000000 + i / 5) ||
    '/renditions/01234567890123456789/' || i, :size + (i % 4000) * CAST(1000000 AS BIGINT),
    :digest, '"0123456789abcdef0123456789abcdef-12"', {moment_0}, {moment_arrived}, {moment_read},
    {moment_0}
    FROM numbers CROSS JOIN
    (SELECT 0 AS side, 'edge' AS tier UNION ALL SELECT 1, 'archive') AS sides
    WHERE tier = 'edge' OR i % 50 <> 0 ORDER BY i, side""",
    """INSERT INTO read_counts (object_id, day, tier, reads, plays, bytes)
    SELECT 'rnd_' || (10000000 + i), {day}, 'edge', 9, i % 9, 1 FROM numbers WHERE i % 20 = 0""",
)


def measure(plan: MovingPlan) -> Iterator[Figure]:
    """Yield the figures of plans."""
    with ExitStack() as stack:
        for name, url in _databases(plan.folder, stack):
            if url is None:
                yield Figure(ROW, f"a plan on {name}", note="no PostgreSQL here")
                continue
            tell(f"{name}: {plan.rows:,} rows are made")
            fill(url, plan.rows)
            for case in CASES:
                yield from _measure_one(plan, name, url, case)


def _databases(folder: Path, stack: ExitStack) -> Iterator[tuple[str, str | None]]:
    path = folder / "plan.db"
    migrate(f"sqlite:///{path}")
    yield "SQLite", f"sqlite:///{path}"
    path.unlink()
    if find_postgres() is None:
        yield "PostgreSQL", None
        return
    server = stack.enter_context(serve_postgres())
    url = stack.enter_context(server.database())
    migrate(url)
    yield "PostgreSQL", url


def _measure_one(plan: MovingPlan, name: str, url: str, case: str) -> Iterator[Figure]:
    found = []
    for _ in range(plan.rounds):
        asked = [sys.executable, "-m", "bench.tiers.planning", url, case]
        told = subprocess.run(asked, capture_output=True, text=True, check=True)
        found.append(json.loads(told.stdout))
        tell(f"{name} {case}: {found[-1]}")
    work = f"a plan of {plan.rows:,} rows on {name}, {case}"
    wall = min(each["wall"] for each in found)
    told_wall = f"{found[0]['leaving']:,} go; {wall:.1f} s on the clock"
    yield Figure(ROW, work, tuple(each["cpu"] for each in found), "s", SECONDS, ours=told_wall)
    yield Figure(
        ROW, "the same: memory of the process", (max(each["mib"] for each in found),), "MiB", MEMORY
    )


def fill(url: str, count: int) -> None:
    """Write so many objects that are on the edge, and nearly all of them in the archive."""
    address = make_url(url)
    kind = address.get_backend_name()
    if kind == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    engine = create_engine(address)
    with engine.begin() as connection:
        for statement in FILLS:
            _run(connection, kind, statement, count)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if kind == "postgresql" else "PRAGMA wal_checkpoint"))
    engine.dispose()


def _run(connection: Connection, kind: str, statement: str, count: int) -> None:
    moment = MOMENTS[kind]
    is_sqlite = kind == "sqlite"
    filled = statement.format(
        moment_0=moment.format("0"),
        moment_arrived=moment.format("(i % 90) * 86400"),
        moment_read=moment.format("(i * 31 % 64800) * 60"),
        blob="CAST('r' || i AS BLOB)" if is_sqlite else "convert_to('r' || i, 'UTF8')",
        day="date(:now, 'unixepoch')" if is_sqlite else "CAST(to_timestamp(:now) AS DATE)",
    )
    begin, rest = filled.split("SELECT", 1)
    asked = {"count": count, "now": int(NOW.timestamp()), "size": 2**20, "digest": b"d" * 32}
    known = {name: value for name, value in asked.items() if f":{name}" in NUMBERS + filled}
    connection.execute(text(f"{begin} {NUMBERS} SELECT {rest}"), known)


def measure_plan(url: str, case: str) -> Mapping[str, Any]:
    """Plan once; return seconds of CPU and on the clock, the peak of memory, how many go."""
    before, began = _cpu_of_database(url) + time.process_time(), time.monotonic()
    leaving = asyncio.run(_plan(url, *CASES[case]))
    wall = time.monotonic() - began
    cpu = _cpu_of_database(url) + time.process_time() - before
    mib = memory_mib(os.getpid(), "VmHWM")
    return {"cpu": cpu, "wall": wall, "mib": mib, "leaving": leaving}


async def _plan(url: str, rules: Rules, share: float) -> int:
    """Return how many go; `asyncio.run` would print a whole plan (it shows results to signals)."""
    database = open_database(url)
    held = 10**15
    try:
        async with database.reading() as connection:
            rules = replace(rules, cap_bytes=int(held / share))
            cutoffs = make_cutoffs(rules, held, NOW)
            found = await gather(connection, Tier.EDGE, cutoffs, Usage(held, NOW))
            return len(found.evict)
    finally:
        await database.close()


def _cpu_of_database(url: str) -> float:
    """Return the seconds of CPU of PostgreSQL's processes so far, those that ended too."""
    host = make_url(url).query.get("host")
    if not isinstance(host, str):
        return 0.0
    postmaster = int((Path(host) / "rows" / "postmaster.pid").read_text().split()[0])
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            facts = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile, and the postmaster has its time
            continue
        if int(stat.parent.name) == postmaster:
            ticks += sum(map(int, facts[11:15]))
        elif int(facts[1]) == postmaster:
            ticks += sum(map(int, facts[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    print(json.dumps(measure_plan(sys.argv[1], sys.argv[2])))
