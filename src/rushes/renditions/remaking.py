"""Make ladders anew where the recipe has a new version.

1. Only what the recipe of now would make otherwise is made again; what is copied stays.
2. The look of a content is its own, and stays what it is.
3. What is there stays and is played until the new file is ready.
4. A content of which something is being made just now is left alone; a later roll-out finds it.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Final

from rushes import ids
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.events import outbox
from rushes.events.event import Event, EventType
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.library import records as library_records
from rushes.library.records import Content
from rushes.media.facts import MediaInfo, parse_media_info
from rushes.media.ladder import RECIPE, Quality
from rushes.media.recipe import version_of
from rushes.media.shelf import COPIED
from rushes.renditions import records
from rushes.renditions.ordering import tell_wanted
from rushes.renditions.plan import Wanted, plan_renditions, plan_rungs
from rushes.renditions.records import Rendition
from rushes.renditions.rendition import Kind, State
from rushes.renditions.stream import Stream, parse_stream
from rushes.renditions.versions import Remake, core_seconds, plan_remake
from rushes.renditions.wanting import new_row

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Survey:
    """What a roll-out would do: of how many contents it makes how many qualities anew.

    `core_seconds` is what one core takes for it; `busy` contents are left alone for now.
    """

    contents: int = 0
    renditions: int = 0
    core_seconds: float = 0.0
    busy: int = 0


@dataclass(frozen=True, slots=True)
class Remade:
    """What is made anew of one content; `event_id` names the order, where there was one."""

    names: tuple[str, ...] = ()
    is_busy: bool = False
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class Remaking:
    """Finds what an older recipe made, and has it made anew."""

    database: Database
    clock: Clock
    top: Quality

    async def survey(self) -> Survey:
        """Return what a roll-out would do now; nothing is changed."""
        found = Survey()
        async for content_id in self._each():
            async with self.database.reading() as connection:
                planned = await self._plan(connection, content_id)
            if planned is None:
                continue
            if planned.remake.is_busy:
                found = replace(found, busy=found.busy + 1)
            elif planned.due:
                found = Survey(
                    found.contents + 1,
                    found.renditions + len(planned.due),
                    found.core_seconds + planned.core_seconds,
                    found.busy,
                )
        return found

    async def roll_out(self, actor_id: str) -> str:
        """Have everything made anew that an older recipe made; return the id of the order."""
        now = self.clock.now()
        event_id = ids.new(Prefix.EVENT, now, self.clock.entropy(ENTROPY_BYTES))
        event = Event(
            id=event_id,
            type=EventType.ROLL_OUT_WANTED,
            created_at=now,
            actor=actor_id,
            subject=event_id,
            data={"recipe": RECIPE},
        )
        async with self.database.transaction() as connection:
            await outbox.record(connection, event)
        return event_id

    async def list_old(self, after: str) -> list[str]:
        """Return a page of contents whose ladder an older recipe made, after this one."""
        async with self.database.reading() as connection:
            old = await self._list_old_recipes(connection)
            return await records.list_made_by(connection, old, after, PAGE)

    async def remake(self, content_id: str, actor_id: str | None = None) -> Remade:
        """Want what the recipe of now makes otherwise; what rests goes on resting.

        With `actor_id` it is told, and a job makes it; else that is left to the caller.
        """
        async with self.database.transaction() as connection:
            planned = await self._plan(connection, content_id)
            if planned is None or planned.remake.is_busy or not planned.remake.new:
                return Remade(is_busy=planned is not None and planned.remake.is_busy)
            await self._write(connection, content_id, planned)
            due = tuple(want.name for want in planned.due)
            event_id = None
            if actor_id is not None and due:
                event_id = await tell_wanted(connection, self.clock, content_id, due, actor_id)
        return Remade(due, event_id=event_id)

    async def renew(self, content_id: str) -> list[str]:
        """Want what the recipe of now makes otherwise, for a job; return what is to be made.

        What waits already counts: an earlier try may have wanted it, and no job may know of it.
        """
        remade = await self.remake(content_id)
        if remade.names or remade.is_busy:
            return list(remade.names)
        async with self.database.reading() as connection:
            rows = await records.list_of_content(connection, content_id)
        return [row.name for row in rows if row.kind is Kind.PROXY and row.state is State.WANTED]

    async def _each(self) -> AsyncIterator[str]:
        after = ""
        while page := await self.list_old(after):
            for content_id in page:
                yield content_id
            after = page[-1]

    async def _list_old_recipes(self, connection: Connection) -> list[str]:
        found = await records.list_recipes(connection)
        return [word for word in found if word != COPIED and version_of(word) != RECIPE]

    async def _plan(self, connection: Connection, content_id: str) -> _Planned | None:
        content = await library_records.find_content(connection, content_id)
        stream = None if content is None else parse_stream((content.facts or {}).get("stream"))
        if content is None or stream is None or stream.grid is None:
            return None
        info = _info(content)
        if version_of(stream.recipe) != RECIPE:
            stream = replace(stream, recipe=RECIPE)
        names = {variant.quality for variant in stream.variants}
        wanted = [
            replace(want, recipe=stream.recipe_of(want.name))
            for want in plan_renditions(info, plan_rungs(info, self.top), stream.grid, 0)
            if want.kind is Kind.PROXY and want.name in names
        ]
        rows = await records.list_of_content(connection, content_id)
        return _Planned(info, stream, plan_remake(wanted, rows))

    async def _write(self, connection: Connection, content_id: str, planned: _Planned) -> None:
        await records.delete_renditions(connection, [row.id for row in planned.remake.stale])
        rows = [new_row(self.clock, content_id, want) for want in planned.remake.new]
        await records.record_wanted(connection, rows)
        await library_records.record_recipe(connection, content_id, planned.stream.recipe)


@dataclass(frozen=True, slots=True)
class _Planned:
    info: MediaInfo
    stream: Stream
    remake: Remake[Rendition]

    @property
    def due(self) -> list[Wanted]:
        """Return what is made now; the rest rests."""
        return [want for want in self.remake.new if not want.is_resting]

    @property
    def core_seconds(self) -> float:
        video = self.info.video
        encoded = [want for want in self.due if not self.stream.is_copied(want.name)]
        if video is None:
            return 0.0
        return core_seconds(encoded, video.frame_rate, video.duration or self.info.duration)


def _info(content: Content) -> MediaInfo:
    return parse_media_info(json.dumps((content.facts or {})["media"]))
