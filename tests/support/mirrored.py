"""A tree for editors over a house that hands out, and what lies in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from rushes.db.tables import events
from rushes.events.event import EventType
from rushes.tiers import editing_records
from rushes.tiers.editing_pen import pen_of
from rushes.tiers.editing_tree import MARKER, prepare_tree
from rushes.tiers.mirror import Mirroring
from tests.support.filed import Filed
from tests.support.handing import Handing


@dataclass(slots=True)
class Mirrored:
    """The tree at `path`, and who keeps it."""

    handing: Handing
    path: Path

    async def prepare(self) -> None:
        """Make the folder ours, as `rushes tiers prepare` does."""
        tree_id = prepare_tree(self.path)
        async with self.handing.database.transaction() as connection:
            await editing_records.record_tree(connection, tree_id)

    def mirroring(self, holder: str = "one") -> Mirroring:
        """Return what keeps the tree, in a process of this name."""
        handing = self.handing
        opens = pen_of(self.path)
        return Mirroring(handing.database, handing.clock, handing.locator, opens, holder)

    async def film(
        self, file_name: str, *, project_id: str | None = None, original: bytes = b"original"
    ) -> Filed:
        """File a film of which nothing is made yet."""
        return await self.handing.files.asset(original, project_id=project_id, file_name=file_name)

    async def proxy(self, filed: Filed, name: str, content: bytes) -> str:
        """Make and keep a proxy."""
        rendition_id = await self.handing.files.rendition(
            filed, name, content=content, height=int(name.removesuffix("p"))
        )
        await self.handing.keep(rendition_id, content)
        return rendition_id

    def seen(self) -> dict[str, bytes]:
        """Return every file of the tree but the marker, by its path."""
        found = (path for path in self.path.rglob("*") if path.is_file() and path.name != MARKER)
        return {path.relative_to(self.path).as_posix(): path.read_bytes() for path in found}

    async def told(self, what: EventType) -> list[dict[str, object]]:
        """Return the facts of the events of a type, oldest first."""
        async with self.handing.database.reading() as connection:
            query = select(events.c.data).where(events.c.type == what.value)
            rows = await connection.execute(query.order_by(events.c.seq))
            return [dict(data) for (data,) in rows if data.get("tier") == "editing"]
