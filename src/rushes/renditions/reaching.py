"""Reaching: where the bytes of an original are for a tool, whether anybody has read them or not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from rushes.db.engine import Database
from rushes.intake.glimpse import Glimpses
from rushes.library import records as library_records
from rushes.library.originals import Original
from rushes.library.records import Content
from rushes.renditions.subject import ContentGone
from rushes.uploads import direct_records
from rushes.uploads.direct import Direct

Stretch = Callable[[Content, Fraction, Fraction], Awaitable[Path]]
"""Gives a file with what is seen and heard of a content between two times, in seconds."""


@dataclass(frozen=True, slots=True)
class Reaching:
    """Gives whole originals, and stretches of those that nobody has read through."""

    database: Database
    original: Original
    glimpses: Glimpses | None
    """None where the archive is no bucket."""

    async def begin(self, content_id: str) -> Path:
        """Return a file in which the facts of a content can be found.

        Raises:
            ContentGone: it went meanwhile.
            RushesError: see `Glimpses.begin` and `Locator.local_path`.
        """
        async with self.database.reading() as connection:
            content = await library_records.find_content(connection, content_id)
        if self.glimpses is None or content is None or not content.is_unread:
            return await self.original(content_id)
        return await self.glimpses.begin(await self._find(content), content.size_bytes)

    async def stretch(self, content: Content, begin: Fraction, end: Fraction) -> Path:
        """Return a file with a stretch of a content; times in seconds.

        Raises:
            ContentGone: it went meanwhile.
            RushesError: see `Glimpses.stretch` and `Locator.local_path`.
        """
        if self.glimpses is None or not content.is_unread:
            return await self.original(content.id)
        direct = await self._find(content)
        return await self.glimpses.stretch(direct, content.size_bytes, begin, end)

    async def _find(self, content: Content) -> Direct:
        async with self.database.reading() as connection:
            direct = await direct_records.find_direct(connection, content.upload_id)
        if direct is None:
            raise ContentGone("The file was withdrawn; nothing is made of it.")
        return direct
