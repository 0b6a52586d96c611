"""Complete what was watched: once all segments of a quality are there, its file is ordered."""

from __future__ import annotations

from dataclasses import dataclass

from rushes.renditions.ordering import Ordering
from rushes.renditions.rendition import State
from rushes.renditions.segments import Segments
from rushes.renditions.subject import ContentGone, read_subject


@dataclass(frozen=True, slots=True)
class Completing:
    """Looks after segments that were made for viewers."""

    segments: Segments
    ordering: Ordering

    async def look(self, content_id: str, name: str) -> None:
        """Order a quality that rests, if nothing of it is missing but the file."""
        try:
            subject = await read_subject(self.segments.database, content_id, self.segments.top)
        except ContentGone:
            return
        resting = {row.name for row in subject.renditions if row.state is State.RESTING}
        if name in resting and not await self.segments.list_missing(subject, name):
            await self.ordering.order(content_id, [name])
