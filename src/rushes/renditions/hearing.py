"""Make what is made by listening to a sound: its waveform and a picture of it, an MP3, loudness."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from rushes.db.engine import Database
from rushes.library import records as library_records
from rushes.library.originals import Original
from rushes.library.records import Content
from rushes.media.facts import parse_media_info
from rushes.media.listening import MP3_FILE, Listening
from rushes.media.stills import Still
from rushes.media.wave import Loudness
from rushes.renditions import records
from rushes.renditions.outcome import Outcomes
from rushes.renditions.records import Made, Rendition
from rushes.renditions.rendition import Kind, State
from rushes.renditions.subject import ContentGone


@dataclass(frozen=True, slots=True)
class Hearing:
    """Listens to contents; what it makes stands in `folder` until it is kept."""

    database: Database
    listening: Listening
    outcomes: Outcomes
    original: Original
    folder: Path

    async def make(self, content_id: str) -> None:
        """Make what is wanted; what is ready stays.

        Raises:
            ContentGone: it was deleted meanwhile.
            RushesError: what the tools could not do (`media.*`, `tool.*`).
        """
        content, wanted = await self._wanted(content_id)
        if not wanted or content.facts is None:
            return
        await self.outcomes.begin(wanted)
        place = self._place(content_id)
        original = await self.original(content_id)
        info = parse_media_info(json.dumps(content.facts["media"]))
        heard = await self.listening.listen(original, info, place / MP3_FILE)
        await asyncio.to_thread(_write, place, heard.stills)
        if heard.loudness is not None:
            await self._note(content_id, heard.loudness)
        sizes = {still.file_name: (still.width, still.height) for still in heard.stills}
        for rendition in (await self._wanted(content_id))[1]:
            path = place / rendition.file_name
            made = await asyncio.to_thread(_made, path, *sizes.get(rendition.file_name, (0, 0)))
            await self.outcomes.finish(rendition, path, made)

    async def sweep(self, content_id: str) -> None:
        """Remove the files: they are kept now, or nobody wants them."""
        await asyncio.to_thread(shutil.rmtree, self._place(content_id), ignore_errors=True)

    async def _note(self, content_id: str, loudness: Loudness) -> None:
        async with self.database.transaction() as connection:
            await library_records.record_media_fact(
                connection, content_id, "loudness", asdict(loudness)
            )

    def _place(self, content_id: str) -> Path:
        return self.folder / f"{Kind.WAVEFORM}-{content_id}"

    async def _wanted(self, content_id: str) -> tuple[Content, list[Rendition]]:
        async with self.database.reading() as connection:
            content = await library_records.find_content(connection, content_id)
            rows = await records.list_of_content(connection, content_id)
        if content is None:
            raise ContentGone("The file was deleted; nothing is made of it.")
        return content, [
            row for row in rows if row.kind is Kind.WAVEFORM and row.state is not State.READY
        ]


def _write(place: Path, stills: tuple[Still, ...]) -> None:
    for still in stills:
        (place / still.file_name).write_bytes(still.content)


def _made(path: Path, width: int, height: int) -> Made:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    return Made(path.stat().st_size, digest, width or None, height or None)
