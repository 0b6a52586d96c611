"""How the making of a rendition ends: kept and ready, or failed with a reason; told either way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rushes import ids
from rushes.access import records as access_records
from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.events import outbox
from rushes.events.event import SYSTEM_ACTOR, Event, EventType
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.library import records as library_records
from rushes.renditions import records
from rushes.renditions.records import Made, Rendition
from rushes.renditions.rendition import ASKED, WHOLE, Kind, State, Step, after
from rushes.renditions.versions import list_current

ENDED: Final = frozenset({State.READY, State.FAILED, State.RESTING})
"""States in which nothing more is being made."""

Keep = Callable[[str, Path], Awaitable[None]]
"""Puts a rendition's file where it is kept for good; the deed of a room to our right."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What renditions say of a content; `error` is the first reason why one failed."""

    is_playable: bool
    is_made: bool
    error: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Moves renditions through their states."""

    database: Database
    clock: Clock
    keep: Keep

    async def begin(self, renditions: Sequence[Rendition]) -> None:
        """Note that these are being made now; one that failed is tried again."""
        now = self.clock.now()
        async with self.database.transaction() as connection:
            for rendition in renditions:
                state = rendition.state
                if state is State.FAILED:
                    state = after(state, Step.RETRY)
                if state is State.WANTED:
                    state = after(state, Step.BEGIN)
                    await records.change_state(connection, rendition, state, now=now)

    async def finish(self, rendition: Rendition, path: Path, made: Made) -> None:
        """Keep the file at `path`, then say that the rendition is ready.

        The row tells what the file is before it is kept, so that whoever keeps it can compare.
        """
        await self.database.transact(
            lambda connection: records.record_made(connection, rendition.id, made)
        )
        await self.keep(rendition.id, path)
        async with self.database.transaction() as connection:
            state = after(rendition.state, Step.FINISH)
            if await records.change_state(connection, rendition, state, now=self.clock.now()):
                facts: dict[str, object] = {"size_bytes": made.size_bytes}
                await self._tell(connection, EventType.RENDITION_READY, rendition, facts)

    async def fail(self, content_id: str, kinds: Sequence[Kind], code: str, detail: str) -> None:
        """Fail everything of these kinds that is not made yet, each with the same reason."""
        async with self.database.transaction() as connection:
            rows = await records.list_of_content(connection, content_id)
            failed = [row for row in rows if row.kind in kinds]
            await self._fail(connection, failed, code, detail)

    async def fail_some(self, renditions: Sequence[Rendition], code: str, detail: str) -> None:
        """Fail these, as far as they are not made yet."""
        async with self.database.transaction() as connection:
            found = [await records.find_rendition(connection, each.id) for each in renditions]
            await self._fail(connection, [row for row in found if row], code, detail)

    async def _fail(
        self, connection: Connection, renditions: Sequence[Rendition], code: str, detail: str
    ) -> None:
        reason: dict[str, object] = {"code": code, "detail": detail}
        for rendition in renditions:
            if rendition.state in ENDED:
                continue
            state, now = after(rendition.state, Step.FAIL), self.clock.now()
            await records.change_state(connection, rendition, state, now=now, error=(code, detail))
            await self._tell(connection, EventType.RENDITION_FAILED, rendition, reason)

    async def summary(self, content_id: str) -> Summary:
        """Say what renditions show of a content now."""

        async def find(to: Connection) -> tuple[library_records.Content | None, list[Rendition]]:
            content = await library_records.find_content(to, content_id)
            return content, await records.list_of_content(to, content_id)

        content, found = await self.database.snapshot(find)
        rows = list(list_current(found).values())
        if content is None:
            return Summary(is_playable=False, is_made=False, error=None)
        trouble = None
        if content.error_code is not None:
            trouble = (content.error_code, content.error_detail or "")
        shows = [row for row in rows if _shows(row, rows)]
        failed = [row for row in shows if row.state is State.FAILED]
        if trouble is None and failed:
            trouble = (failed[0].error_code or "", failed[0].error_detail or "")
        is_looked_at = content.facts is not None or content.error_code is not None
        due = [row for row in rows if row.kind not in ASKED]
        return Summary(
            is_playable=content.opened_at is not None
            or any(row.state is State.READY for row in shows),
            is_made=is_looked_at and all(row.state in ENDED for row in due),
            error=trouble,
        )

    async def _tell(
        self,
        connection: Connection,
        what: EventType,
        rendition: Rendition,
        facts: dict[str, object],
    ) -> None:
        for asset in await library_records.list_of_content(connection, rendition.content_id):
            project = await access_records.get_project(connection, asset.project_id)
            now = self.clock.now()
            place: dict[str, object] = {
                "asset_id": asset.id,
                "content_id": rendition.content_id,
                "client": project.client_slug,
                "project": project.project_slug,
                "quality": rendition.name,
                "kind": rendition.kind.value,
            }
            event = Event(
                id=ids.new(Prefix.EVENT, now, self.clock.entropy(ENTROPY_BYTES)),
                type=what,
                created_at=now,
                actor=SYSTEM_ACTOR,
                subject=rendition.id,
                project_id=asset.project_id,
                asset_id=asset.id,
                data=place | facts,
            )
            await outbox.record(connection, event)


def _shows(row: Rendition, rows: Sequence[Rendition]) -> bool:
    """Whether a rendition is the thing itself: stills only count where nothing plays."""
    if any(each.kind in WHOLE for each in rows):
        return row.kind in WHOLE
    return row.kind is Kind.STILL
