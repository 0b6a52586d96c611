"""Make the stills of a content: posters and storyboards of videos, previews of images."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rushes.db.engine import Database
from rushes.library import records as library_records
from rushes.library.originals import Original
from rushes.library.records import Content
from rushes.media.color import PLAIN, Grade
from rushes.media.facts import MediaInfo, parse_media_info
from rushes.media.gallery import Gallery
from rushes.media.show import SEQUENCE_FORMATS
from rushes.media.stills import IMAGE_FORMATS, Still
from rushes.renditions import records
from rushes.renditions.grading import Grading
from rushes.renditions.outcome import Outcomes
from rushes.renditions.records import Made, Rendition
from rushes.renditions.rendition import Kind, State
from rushes.renditions.stream import parse_stream
from rushes.renditions.subject import ContentGone

Shoot = Callable[[Content], Awaitable[Sequence[Still]]]
"""Makes the stills of one kind out of a content."""


@dataclass(frozen=True, slots=True)
class Stills:
    """Makes stills in `folder`, each kind in a place of its own: who is done sweeps only that."""

    database: Database
    gallery: Gallery
    outcomes: Outcomes
    original: Original
    grading: Grading
    folder: Path

    async def make(self, content_id: str) -> None:
        """Make the stills that are wanted; those that are ready stay.

        Raises:
            ContentGone: it was deleted meanwhile.
            RushesError: what the tools could not do (`media.*`, `tool.*`, `image.*`).
        """
        await self._make(content_id, Kind.STILL, self._shoot)

    async def make_storyboard(self, content_id: str) -> None:
        """Make the storyboard, where it is wanted; raises what `make` does."""
        await self._make(content_id, Kind.STORYBOARD, self._shoot_storyboard)

    async def sweep(self, content_id: str) -> None:
        """Remove the files of a content's stills: they are kept now, or nobody wants them."""
        await self._sweep(content_id, Kind.STILL)

    async def sweep_storyboard(self, content_id: str) -> None:
        """Remove the files of a content's storyboard."""
        await self._sweep(content_id, Kind.STORYBOARD)

    async def _make(self, content_id: str, kind: Kind, shoot: Shoot) -> None:
        content, wanted = await self._wanted(content_id, kind)
        if not wanted:
            return
        await self.outcomes.begin(wanted)
        begun = {rendition.id for rendition in wanted}
        made = {still.file_name: still for still in await shoot(content)}
        _, wanted = await self._wanted(content_id, kind)
        for rendition in wanted:
            still = made.get(rendition.file_name)
            if still is not None and rendition.id in begun:  # others want other colours
                await self._finish(content, rendition, still)

    async def _sweep(self, content_id: str, kind: Kind) -> None:
        place = self._place(content_id, kind)
        await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)

    async def _shoot(self, content: Content) -> Sequence[Still]:
        original = await self.original(content.id)
        if content.format in IMAGE_FORMATS:
            return (await self.gallery.darkroom.previews(original, content.format))[1]
        if content.format in SEQUENCE_FORMATS:
            return await self.gallery.of_show(original, content.format)
        info = _info(content)
        return await self.gallery.poster(original, info, await self._grade(content, info))

    async def _shoot_storyboard(self, content: Content) -> Sequence[Still]:
        info = _info(content)
        grade = await self._grade(content, info)
        return await self.gallery.storyboard(await self.original(content.id), info, grade)

    async def _grade(self, content: Content, info: MediaInfo) -> Grade:
        stream = parse_stream((content.facts or {}).get("stream"))
        return await self.grading.grade(PLAIN if stream is None else stream.treatment, info.video)

    async def _finish(self, content: Content, rendition: Rendition, still: Still) -> None:
        path = self._place(content.id, rendition.kind) / rendition.file_name
        await asyncio.to_thread(_write, path, still.content)
        made = Made(
            size_bytes=len(still.content),
            digest=hashlib.sha256(still.content).digest(),
            width=still.width or None,
            height=still.height or None,
        )
        await self.outcomes.finish(rendition, path, made)

    def _place(self, content_id: str, kind: Kind) -> Path:
        return self.folder / f"{kind}-{content_id}"

    async def _wanted(self, content_id: str, kind: Kind) -> tuple[Content, list[Rendition]]:
        async with self.database.reading() as connection:
            rows = await records.list_of_content(connection, content_id)
            # read after the rows: never older than they are
            content = await library_records.find_content(connection, content_id)
        if content is None:
            raise ContentGone("The file was deleted; nothing is made of it.")
        return content, [row for row in rows if row.kind is kind and row.state is not State.READY]


def _info(content: Content) -> MediaInfo:
    if content.facts is None:
        raise ContentGone("The file was deleted; nothing is made of it.")
    return parse_media_info(json.dumps(content.facts["media"]))


def _write(path: Path, content: bytes) -> None:
    """Write under another name and rename: the name never holds half a picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    attempt = path.with_name(f".{path.name}.part")
    attempt.write_bytes(content)
    attempt.replace(path)
