"""Make the stills of a content: poster and thumbnails of a video, previews of an image."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rushes.db.engine import Database
from rushes.library import records as library_records
from rushes.library.originals import Original
from rushes.library.records import Content
from rushes.media.facts import MediaKind, parse_media_info
from rushes.media.gallery import Gallery
from rushes.media.stills import Still
from rushes.renditions import records
from rushes.renditions.look import ContentGone
from rushes.renditions.outcome import Outcomes
from rushes.renditions.plan import still_name
from rushes.renditions.records import Made, Rendition
from rushes.renditions.rendition import Kind, State


@dataclass(frozen=True, slots=True)
class Stills:
    """Makes stills in `folder`, apart from the segments: whoever is done first sweeps its own."""

    database: Database
    gallery: Gallery
    outcomes: Outcomes
    original: Original
    folder: Path

    async def make(self, content_id: str) -> None:
        """Make the stills that are wanted; those that are ready stay.

        Raises:
            ContentGone: it was deleted meanwhile.
            RushesError: what the tools could not do (`media.*`, `tool.*`, `image.*`).
        """
        content, wanted = await self._wanted(content_id)
        if not wanted:
            return
        await self.outcomes.begin(wanted)
        made = {still_name(still.file_name): still for still in await self._shoot(content)}
        _, wanted = await self._wanted(content_id)
        for rendition in wanted:
            still = made.get(rendition.name)
            if still is not None:
                await self._finish(content, rendition, still)

    async def sweep(self, content_id: str) -> None:
        """Remove the files of a content's stills: they are kept now, or nobody wants them."""
        await asyncio.to_thread(shutil.rmtree, self._place(content_id), ignore_errors=True)

    async def _shoot(self, content: Content) -> Sequence[Still]:
        original = await self.original(content.id)
        if content.kind == MediaKind.IMAGE or content.facts is None:
            return (await self.gallery.previews(original, content.format))[1]
        info = parse_media_info(json.dumps(content.facts["media"]))
        return await self.gallery.poster(original, info)

    async def _finish(self, content: Content, rendition: Rendition, still: Still) -> None:
        path = self._place(content.id) / rendition.file_name
        await asyncio.to_thread(_write, path, still.content)
        made = Made(
            size_bytes=len(still.content),
            digest=hashlib.sha256(still.content).digest(),
            width=still.width,
            height=still.height,
        )
        await self.outcomes.finish(rendition, path, made)

    def _place(self, content_id: str) -> Path:
        return self.folder / f"stills-{content_id}"

    async def _wanted(self, content_id: str) -> tuple[Content, list[Rendition]]:
        async with self.database.reading() as connection:
            content = await library_records.find_content(connection, content_id)
            rows = await records.list_of_content(connection, content_id)
        if content is None:
            raise ContentGone("The file was deleted; nothing is made of it.")
        return content, [
            row for row in rows if row.kind is Kind.STILL and row.state is not State.READY
        ]


def _write(path: Path, content: bytes) -> None:
    """Write under another name and rename: the name never holds half a picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    attempt = path.with_name(f".{path.name}.part")
    attempt.write_bytes(content)
    attempt.replace(path)
