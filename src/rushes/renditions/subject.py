"""A content with all that making it needs to know."""

from __future__ import annotations

import json
from dataclasses import dataclass

from rushes.db.engine import Database
from rushes.errors import Kind as ErrorKind
from rushes.errors import RushesError
from rushes.library import records as library_records
from rushes.library.records import Content
from rushes.media.facts import MediaInfo, MediaKind, parse_media_info
from rushes.media.ladder import Quality, Rung
from rushes.renditions import records
from rushes.renditions.plan import plan_rungs
from rushes.renditions.records import Rendition
from rushes.renditions.rendition import Kind, State
from rushes.renditions.stream import Stream, parse_stream


class ContentGone(RushesError):
    """Nobody has this content any more; there is nothing to do."""

    code = "rendition.content_gone"
    kind = ErrorKind.GONE


@dataclass(frozen=True, slots=True)
class Subject:
    """A content with what is known of it.

    `rungs` is its whole ladder, lowest first; `renditions` are its proxies or its sound, as far as
    they are not ready.
    """

    content: Content
    info: MediaInfo
    stream: Stream | None
    rungs: tuple[Rung, ...]
    renditions: tuple[Rendition, ...]

    def find_rung(self, name: str) -> Rung | None:
        """Return a rung by its name."""
        return next((rung for rung in self.rungs if rung.quality == name), None)

    @property
    def names(self) -> list[str]:
        """Return what is to be made: rungs, lowest first, and the sound."""
        open_names = {row.name for row in self.renditions}
        names = [rung.quality.value for rung in self.rungs if rung.quality in open_names]
        has_sound = self.stream is not None and self.stream.sound is not None
        return [*names, "sound"] if has_sound and open_names else names


async def read_subject(database: Database, content_id: str, top: Quality) -> Subject:
    """Return a content that was looked at.

    Raises:
        ContentGone: it was deleted meanwhile.
    """
    async with database.reading() as connection:
        content = await library_records.find_content(connection, content_id)
        rows = await records.list_of_content(connection, content_id)
    if content is None or content.facts is None:
        raise ContentGone("The file was deleted; nothing is made of it.")
    info = parse_media_info(json.dumps(content.facts["media"]))
    open_rows = tuple(
        row for row in rows if row.kind in {Kind.PROXY, Kind.AUDIO} and row.state is not State.READY
    )
    rungs = plan_rungs(info, top) if info.kind is MediaKind.VIDEO else ()
    return Subject(content, info, parse_stream(content.facts.get("stream")), rungs, open_rows)
