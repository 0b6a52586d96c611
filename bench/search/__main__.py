"""How long a search takes among very many assets, on both databases.

    python -m bench.search [--assets 1000000] [--rounds 20] [--only sqlite|postgresql] [--cpu]

The rows are written straight into the database; the questions are asked as `GET /assets` asks them.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg

from rushes.db.engine import Database, open_database
from rushes.db.migrate import migrate
from rushes.library import search_records
from rushes.library.question import Question, Sort, parse_condition
from rushes.library.search_order import Place
from rushes.library.terms import facets_of, terms_of
from tests.support.databases import serve_postgres

BEGIN: Final = datetime(2020, 1, 1, tzinfo=UTC)
STEP: Final = timedelta(minutes=3)
PROJECTS: Final = 1_000
KINDS: Final = ("video",) * 7 + ("image", "image", "audio")
STATES: Final = ("ready",) * 98 + ("filed", "failed")
CAMERAS: Final = ("Alexa 35", "FX6", "Komodo", "C300", "BMPCC")
WORDS: Final = tuple(f"word{number:04}" for number in range(5_000))
PAGE: Final = 51
BATCH: Final = 20_000
COLUMNS: Final = (
    *("id", "project_id", "content_id", "upload_id", "created_by", "file_name", "kind", "state"),
    *("scan", "size_bytes", "duration", "tags", "metadata", "place", "created_at", "updated_at"),
)

FEW_PROJECTS: Final = ("prj_3", "prj_400", "prj_999")
HALF_OF_THEM: Final = tuple(f"prj_{number}" for number in range(0, PROJECTS, 2))
LONG_AGO: Final = BEGIN + STEP * 50_000
PLACE_LONG_AGO: Final = (LONG_AGO - search_records.EPOCH) // timedelta(microseconds=1)
NOBODY: Final = "ast_"
"""An id before all others."""


Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, by whom it is asked (`project_ids` None: by who sees all), and from where on."""

    question: Question
    project_ids: tuple[str, ...] | None = None
    after: Place = None


def _by(sort: Sort, **more: Any) -> Question:
    return Question(sort=sort, **more)


_AT_LEAST: Final = (parse_condition("take>=19"),)
_PLAIN: Final = {
    "everything, newest": Question(),
    "a word of all": Question(q="mov"),
    "a word of half": Question(q="interview"),
    "a word of 1 %": Question(q="word0001 interview"),
    "a rare file name": Question(q="A0417_C0417"),
    "two of the many": Question(q="interview dawn"),
    "one letter": Question(q="w"),
    "two letters": Question(q="in"),
    "a word in a project": Question(q="interview", client="client7", project="project7"),
    "a word and a kind": Question(q="interview", kind="audio"),
    "a word and a rare state": Question(q="interview", state="failed"),
    "a tag": Question(tags=("dawn",)),
    "a value": Question(conditions=(parse_condition("camera=Komodo"),)),
    "a value at least": Question(q="interview", conditions=_AT_LEAST),
    "a word, long ones": Question(q="interview", min_duration=3_000),
    "a word, oldest": Question(q="interview", sort=Sort.OLDEST),
    "nothing": Question(q="zzzz"),
    "two that never meet": Question(q="interview landscape"),
    "a kind and a rare state": Question(kind="audio", state="failed"),
    "a project": Question(client="client7", project="project7"),
    "the longest of all, newest": Question(min_duration=3_599),
    "none is so long": Question(min_duration=4_000),
    "none is so large": Question(min_size=2 * 10**10),
    "on a tier that holds nothing": Question(tier="editing"),
    "by a link that brought nothing": Question(link="lnk_none"),
    "by name": _by(Sort.NAME),
    "by name, downwards": _by(Sort.NAME_DOWN),
    "the largest": _by(Sort.LARGEST),
    "the shortest": _by(Sort.SHORTEST),
    "the longest of a kind": _by(Sort.LONGEST, kind="audio"),
    "a word of half, by name": _by(Sort.NAME, q="interview"),
    "a word of 1 %, the largest": _by(Sort.LARGEST, q="word0001 interview"),
    "a word of 0.1 %, by name": _by(Sort.NAME, q="word3001"),
    "a tag, the longest": _by(Sort.LONGEST, tags=("dawn",)),
    "names at the very end, by name": _by(Sort.NAME, q="a0999"),
}
_OLD: Final = LONG_AGO, NOBODY
QUESTIONS: Final = {name: Asked(question) for name, question in _PLAIN.items()} | {
    "of three projects": Asked(Question(), FEW_PROJECTS),
    "of half the projects": Asked(Question(), HALF_OF_THEM),
    "of half the projects, by name": Asked(_by(Sort.NAME), HALF_OF_THEM),
    "a word, of three projects": Asked(Question(q="interview"), FEW_PROJECTS),
    "a word, of half the projects": Asked(Question(q="interview"), HALF_OF_THEM),
    "deep: everything": Asked(Question(), None, _OLD),
    "deep: a kind": Asked(Question(kind="audio"), None, _OLD),
    "deep: a word of half": Asked(Question(q="interview"), None, (PLACE_LONG_AGO, NOBODY)),
    "deep: by name": Asked(_by(Sort.NAME), None, ("A0950_C0500.mov", NOBODY)),
    "deep: the largest": Asked(_by(Sort.LARGEST), None, (5 * 10**8, NOBODY)),
    "deep: the longest": Asked(_by(Sort.LONGEST), None, (180.0, NOBODY)),
    "deep: a word of half, by name": Asked(
        _by(Sort.NAME, q="interview"), None, ("A0950_C0500.mov", NOBODY)
    ),
}


@dataclass(frozen=True, slots=True)
class Row:
    """An asset as the bench makes it."""

    values: tuple[object, ...]
    terms: list[str]
    place: int


def make_rows(count: int) -> Iterator[Row]:
    """Yield assets, oldest first; the same ones each time."""
    chance = random.Random(7)  # noqa: S311 - rows of a bench
    for number in range(count):
        created = BEGIN + STEP * number
        place = (created - search_records.EPOCH) // timedelta(microseconds=1)
        project = chance.randrange(PROJECTS)
        name = f"A{number % 1_000:04}_C{number // 1_000:04}.mov"
        style = "interview" if chance.random() < 1 / 2 else "landscape"
        words = [*chance.choices(WORDS, k=3), chance.choice(WORDS[:100]), style]
        tags = ["dawn"] if chance.random() < 1 / 10 else ["day"]
        camera, take = chance.choice(CAMERAS), chance.randrange(20)
        metadata = {"camera": camera, "take": take}
        terms = terms_of([name, *words, camera], facets_of(f"prj_{project}", tags, metadata))
        values = (
            *(f"ast_{number:09}", f"prj_{project}", "cnt_1", f"upl_{number:09}", "acc_1", name),
            *(chance.choice(KINDS), chance.choice(STATES), "clean", chance.randrange(10**10)),
            *(chance.random() * 3_600, f'["{tags[0]}"]'),
            f'{{"camera": "{camera}", "take": {take}}}',
            *(place, created, created),
        )
        yield Row(values, terms, place)


def fill_sqlite(path: Path, count: int) -> None:
    """Write projects, assets and terms into a migrated file."""
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.executemany(
            "INSERT INTO projects (id, client_slug, project_slug, client_name, project_name, "
            "created_at) VALUES (?, ?, ?, ?, ?, ?)",
            [(*project, "2020-01-01 00:00:00.000000") for project in _projects()],
        )
        marks = ", ".join("?" * len(COLUMNS))
        assets = f"INSERT INTO assets ({', '.join(COLUMNS)}) VALUES ({marks})"  # noqa: S608
        for rows in _batches(count):
            connection.executemany(assets, [(*row.values[:-2], *_naive(row)) for row in rows])
            connection.executemany(
                "INSERT INTO asset_terms (place, terms) VALUES (?, ?)",
                [(row.place, " ".join(row.terms)) for row in rows],
            )


def fill_postgres(url: str, count: int) -> None:
    """Copy projects, assets and terms into a migrated database."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no foreign keys
        cursor.executemany(
            "INSERT INTO projects (id, client_slug, project_slug, client_name, project_name, "
            "created_at) VALUES (%s, %s, %s, %s, %s, '2020-01-01Z')",
            [*_projects()],
        )
        for rows in _batches(count):
            with cursor.copy(f"COPY assets ({', '.join(COLUMNS)}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row.values)
            with cursor.copy("COPY asset_terms (place, terms) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row((row.place, " ".join(f"'{term}'" for term in row.terms)))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _projects() -> Iterator[tuple[str, ...]]:
    for number in range(PROJECTS):
        yield (
            f"prj_{number}",
            f"client{number}",
            f"project{number}",
            f"Client {number}",
            f"Project {number}",
        )


def _batches(count: int) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in make_rows(count):
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch


def _naive(row: Row) -> tuple[str, str]:
    created = search_records.EPOCH + timedelta(microseconds=row.place)
    moment = f"{created:%Y-%m-%d %H:%M:%S.%f}"
    return moment, moment


async def measure(database: Database, rounds: int, clock: Clock) -> dict[str, list[float]]:
    """Return how long each question took by a clock, in milliseconds, round by round."""
    took: dict[str, list[float]] = {name: [] for name in QUESTIONS}
    for _ in range(rounds):
        for name, asked in QUESTIONS.items():
            begun = clock()
            async with database.reading() as connection:
                await search_records.find_assets(
                    connection, asked.question, asked.project_ids, asked.after, PAGE
                )
            took[name].append((clock() - begun) * 1_000)
    return took


def report(kind: str, took: dict[str, list[float]]) -> None:
    """Print one line for each question, and one for all of them."""
    print(f"\n{kind}: ms", f"{'p50':>8}", f"{'p99':>8}")
    for name, times in took.items():
        print(f"  {name:<32} {_share(times, 0.5):8.1f} {_share(times, 0.99):8.1f}")
    every = [each for times in took.values() for each in times]
    print(f"  {'all of them':<32} {_share(every, 0.5):8.1f} {_share(every, 0.99):8.1f}", flush=True)


def _share(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def run(kind: str, url: str, fill: Callable[[], None], rounds: int, clock: Clock) -> None:
    """Fill one database, ask it, and say how long that took."""
    begun = time.perf_counter()
    migrate(url)
    fill()
    print(f"{kind}: filled in {time.perf_counter() - begun:.0f} s", flush=True)

    async def ask() -> dict[str, list[float]]:
        database = open_database(url)
        try:
            await measure(database, 1, clock)
            return await measure(database, rounds, clock)
        finally:
            await database.close()

    report(kind, asyncio.run(ask()))


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assets", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    parser.add_argument("--cpu", action="store_true", help="the time of our own process")
    asked = parser.parse_args()
    clock = time.process_time if asked.cpu else time.perf_counter
    if asked.only != "postgresql":
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rushes.db"
            url = f"sqlite:///{path}"
            run("sqlite", url, lambda: fill_sqlite(path, asked.assets), asked.rounds, clock)
    if asked.only != "sqlite":
        with serve_postgres() as server, server.database() as url:
            run("postgresql", url, lambda: fill_postgres(url, asked.assets), asked.rounds, clock)


if __name__ == "__main__":
    main()
