"""Coloring: what people choose for the colours of a film, and what they are told of them.

1. A choice is that of the content: the same bytes of one client look the same everywhere.
2. What is there is shown until the new is ready (`asset.colored` leads to it).
3. While qualities are being made nothing else is begun: who chooses is asked to come again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from rushes import ids
from rushes.access import records as access_records
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.errors import Kind, RushesError
from rushes.events import outbox
from rushes.events.event import Event, EventType
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.library import records as library_records
from rushes.library.asset import Asset
from rushes.library.records import Content
from rushes.media.color import AUTO, check_choice, find_log, name_of
from rushes.media.facts import parse_media_info
from rushes.renditions import lut_records, records
from rushes.renditions.grading import find_treatment
from rushes.renditions.luts import Luts
from rushes.renditions.rendition import Kind as RenditionKind
from rushes.renditions.rendition import State
from rushes.renditions.stream import parse_stream

COLORED: Final = frozenset({RenditionKind.PROXY, RenditionKind.STILL, RenditionKind.STORYBOARD})
"""What looks otherwise when colours are chosen otherwise."""


class NotColored(RushesError):
    """It is no film, or not looked at yet: there is no colour to choose."""

    code = "color.no_film"
    kind = Kind.CONFLICT


class ColorBusy(RushesError):
    """Its qualities are being made just now."""

    code = "color.busy"
    kind = Kind.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Colors:
    """What is chosen for a film, what it is shown as now, and what its camera tells."""

    choice: str
    applied: str
    camera: str | None


@dataclass(frozen=True, slots=True)
class Coloring:
    """Takes choices; `luts` are what people can choose beside what is built in."""

    database: Database
    clock: Clock
    luts: Luts

    async def describe(self, asset: Asset) -> Colors:
        """Return what is chosen for an asset; raises NotColored."""
        async with self.database.reading() as connection:
            return _describe(await _get(connection, asset))

    async def choose(self, actor_id: str, asset: Asset, choice: str) -> Colors:
        """Have an asset shown otherwise; the same choice again changes nothing.

        Raises:
            ColorUnknown, LutNotFound: there is no such choice.
            NotColored: it is no film, or not looked at yet.
            ColorBusy: its qualities are being made.
        """
        choice = check_choice(choice)
        async with self.database.transaction() as connection:
            content = await _get(connection, asset)
            info = parse_media_info(json.dumps((content.facts or {})["media"]))
            await lut_records.lock_lut(connection, name_of(choice) or "")  # it is not deleted now
            await find_treatment(connection, choice, info)
            if choice == (content.color or AUTO):
                return _describe(content)
            rows = await records.list_of_content(connection, content.id)
            if any(row.kind in COLORED and row.state is State.MAKING for row in rows):
                raise ColorBusy("Its qualities are being made. Choose again then.", retry_after=30)
            await library_records.record_color(connection, content.id, choice)
            await self._tell(connection, asset, actor_id, choice)
            return _describe(await _get(connection, asset))

    async def _tell(self, connection: Connection, asset: Asset, actor_id: str, choice: str) -> None:
        project = await access_records.get_project(connection, asset.project_id)
        now = self.clock.now()
        event = Event(
            id=ids.new(Prefix.EVENT, now, self.clock.entropy(ENTROPY_BYTES)),
            type=EventType.ASSET_COLORED,
            created_at=now,
            actor=actor_id,
            subject=asset.id,
            project_id=asset.project_id,
            asset_id=asset.id,
            data={
                "asset_id": asset.id,
                "content_id": asset.content_id,
                "client": project.client_slug,
                "project": project.project_slug,
                "color": choice,
            },
        )
        await outbox.record(connection, event)


async def _get(connection: Connection, asset: Asset) -> Content:
    content = await library_records.find_content(connection, asset.content_id)
    stream = None if content is None else parse_stream((content.facts or {}).get("stream"))
    if content is None or stream is None or stream.grid is None:
        raise NotColored("This is no film, or it was not looked at yet: there is no colour.")
    return content


def _describe(content: Content) -> Colors:
    facts = content.facts or {}
    stream = parse_stream(facts.get("stream"))
    gamma = parse_media_info(json.dumps(facts["media"])).gamma
    applied = AUTO if stream is None else stream.treatment.choice
    return Colors(content.color or AUTO, applied, find_log(gamma))
