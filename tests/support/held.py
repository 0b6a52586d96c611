"""What a tier holds, as rows of a database: contents, assets, renditions, placements, reads."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import Table, insert

from rushes.db.engine import Connection
from rushes.db.tables import assets, contents, placements, projects, renditions
from rushes.db.vault_tables import read_counts
from rushes.tiers.retention import FOREVER, Held
from rushes.tiers.rules import DAY, Kind

QUALITIES = ("360p", "540p", "720p", "1080p", "2160p")
RENDITIONS = MappingProxyType(
    {
        Kind.VIDEO: "proxy",
        Kind.AUDIO: "audio",
        Kind.IMAGE: "image",
        Kind.DOCUMENT: "image",
        Kind.STILL: "still",
    }
)
PROJECTS = ("prj_a", "prj_b", "prj_c")


def make_held(count: int, now: datetime, seed: int) -> Iterator[Held]:
    """Yield objects of every kind, age and standing; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - plausible, not secret
    for number in range(count):
        kind = chance.choice(tuple(RENDITIONS))
        arrived = now - timedelta(minutes=chance.randrange(60 * 24 * 60))
        yield Held(
            placement_id=f"plc_{number:05d}",
            object_id=f"rnd_{number:05d}",
            content_id=f"cnt_{number:05d}",
            kind=kind,
            quality=chance.choice(QUALITIES) if kind is Kind.VIDEO else None,
            project_id=chance.choice((*PROJECTS, None)),
            size_bytes=chance.choice((2**19, 2**30, chance.randrange(2**33))),
            arrived_at=arrived,
            last_access_at=chance.choice((None, arrived - DAY, arrived + (now - arrived) / 2, now)),
            pinned_until=chance.choice((None, None, None, now, now + DAY, FOREVER)),
            is_archived=chance.random() < 0.8,
            recent_plays=chance.choice((0, 0, 5, 6)),
        )


async def lay(connection: Connection, rows: Iterable[Held], now: datetime) -> None:
    """Write the rows that these objects stand for; each has a content of its own."""
    held = list(rows)
    by_table: list[tuple[Table, list[Mapping[str, object]]]] = [
        (projects, [_project(each, now) for each in PROJECTS]),
        (contents, [_content(row, now) for row in held]),
        (assets, [_asset(row, row.project_id, now) for row in held if row.project_id]),
        (renditions, [_rendition(row, now) for row in held]),
        (placements, [_placement(row, now) for row in held]),
        (placements, [_archived(row, number, now) for number, row in enumerate(held)]),
        (read_counts, [_reads(row, now) for row in held if row.recent_plays]),
    ]
    for table, values in by_table:
        await connection.execute(insert(table), values)


def _project(name: str, now: datetime) -> Mapping[str, object]:
    names = {"client_slug": "acme", "client_name": "Acme"}
    return {"id": name, "project_slug": name, "project_name": name, "created_at": now, **names}


def _content(row: Held, now: datetime) -> Mapping[str, object]:
    return {
        "id": row.content_id,
        "scope": "acme",
        "root": row.content_id.encode(),
        "size_bytes": row.size_bytes,
        "format": "mov",
        "media_type": "video/quicktime",
        "kind": "document" if row.kind is Kind.DOCUMENT else "video",
        "upload_id": row.content_id.replace("cnt", "upl"),
        "created_at": now,
    }


def _asset(row: Held, project_id: str, now: datetime) -> Mapping[str, object]:
    return {
        "id": row.content_id.replace("cnt", "ast"),
        "project_id": project_id,
        "content_id": row.content_id,
        "upload_id": row.content_id.replace("cnt", "upl"),
        "created_by": "acc_1",
        "file_name": "a.mov",
        "kind": "video",
        "state": "ready",
        "scan": "clean",
        "size_bytes": row.size_bytes,
        "tags": [],
        "metadata": {},
        "created_at": now,
        "updated_at": now,
    }


def _rendition(row: Held, now: datetime) -> Mapping[str, object]:
    return {
        "id": row.object_id,
        "content_id": row.content_id,
        "name": row.quality or "720p",  # a quality only where it is a film
        "kind": RENDITIONS[row.kind],
        "recipe": "r1",
        "state": "ready",
        "file_name": "a.mp4",
        "created_at": now,
        "updated_at": now,
    }


def _placement(row: Held, now: datetime) -> Mapping[str, object]:
    return {
        "id": row.placement_id,
        "object_id": row.object_id,
        "content_id": row.content_id,
        "tier": "edge",
        "state": "present",
        "key": row.object_id,
        "size_bytes": row.size_bytes,
        "digest": row.object_id.encode(),
        "verified_at": now,
        "last_access_at": row.last_access_at,
        "pinned_until": row.pinned_until,
        "arrived_at": row.arrived_at,
        "created_at": now,
    }


def _archived(row: Held, number: int, now: datetime) -> Mapping[str, object]:
    """Return the row of the archive, which is wrong in one of three ways if it proves nothing."""
    wrong: tuple[Mapping[str, object], ...] = (
        {"state": "lost"},
        {"verified_at": None},
        {"digest": b"other"},
    )
    return {
        **_placement(row, now),
        "id": row.placement_id.replace("plc", "plx"),
        "tier": "archive",
        **({} if row.is_archived else wrong[number % 3]),
    }


def _reads(row: Held, now: datetime) -> Mapping[str, object]:
    told = {"tier": "edge", "reads": row.recent_plays, "plays": row.recent_plays, "bytes": 1}
    return {"object_id": row.object_id, "day": now.date(), **told}
