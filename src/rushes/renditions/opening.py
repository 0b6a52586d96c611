"""Opening: the first segments of what was just filed, made before anybody asks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.errors import RushesError
from rushes.library import records as library_records
from rushes.media.tracks import SOUND
from rushes.renditions import wish_records
from rushes.renditions.openings import Openings
from rushes.renditions.segments import Segments
from rushes.renditions.subject import ContentGone, Subject, read_subject
from rushes.renditions.wish_records import AHEAD, Place

LOOKS: Final = 20
LOOK_SECONDS: Final = 0.25

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Opening:
    """Makes contents watchable."""

    database: Database
    clock: Clock
    segments: Segments
    openings: Openings = field(default_factory=Openings)

    async def open(self, content_id: str) -> bool:
        """Make the first segment of a content and of its sound, and say whether it can be watched.

        The second ones follow as soon as nobody waits for others.

        What cannot be made this way is left to the ladder, which says why.

        Raises:
            ContentGone: it was deleted meanwhile.
        """
        subject = await read_subject(self.database, content_id, self.segments.top)
        stream = subject.stream
        if stream is None or not subject.renditions:
            return False
        names = {stream.first, SOUND} if stream.sound is not None else {stream.first}
        missing = [name for name in sorted(names) if await self._is_missing(subject, name)]
        with self.openings.going_on():
            done = await asyncio.gather(
                *(self._begin(subject, name) for name in missing), return_exceptions=True
            )
        for error in done:
            if isinstance(error, RushesError | OSError) and not isinstance(error, ContentGone):
                log.warning("The first segments failed", extra={"reason": str(error)})
                return False
            if isinstance(error, BaseException):
                raise error
        seconds = [
            (Place(content_id, name, 1), stream.is_copied(name))
            for name in sorted(names)
            if stream.count_of(name) > 1
        ]
        await self.database.transact(lambda connection: self._tell(connection, content_id, seconds))
        return True

    async def _is_missing(self, subject: Subject, name: str) -> bool:
        """Say whether the first segment is to be made: of what was glimpsed it is there."""
        return 0 in await self.segments.list_missing(subject, name)

    async def _tell(
        self, connection: Connection, content_id: str, seconds: Sequence[tuple[Place, bool]]
    ) -> None:
        """Note that it can be watched, and wish for the second segments."""
        now = self.clock.now()
        await library_records.record_opened(connection, content_id, now)
        for second, is_light in seconds:
            await wish_records.record_wish(
                connection, second, urgency=AHEAD, is_light=is_light, now=now
            )

    async def _begin(self, subject: Subject, name: str) -> None:
        await self.segments.make_some(subject, [name], 0, 1, niceness=0)

    async def let_pass(self, content_id: str) -> None:
        """Return when a content can be watched, or will not be; after 5 s in any case.

        What nobody waits for asks here, so that it takes no core from what somebody waits for.
        """
        for _ in range(LOOKS):
            if await self._is_settled(content_id):
                return
            await asyncio.sleep(LOOK_SECONDS)

    async def _is_settled(self, content_id: str) -> bool:
        content = await self.database.snapshot(
            lambda connection: library_records.find_content(connection, content_id)
        )
        if content is None or content.error_code is not None or content.opened_at is not None:
            return True
        return content.facts is not None and "stream" not in content.facts
