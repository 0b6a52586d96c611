"""A content with all that making it needs to know."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from rushes.db.engine import Connection, Database
from rushes.errors import Kind as ErrorKind
from rushes.errors import RushesError
from rushes.library import records as library_records
from rushes.library.records import Content
from rushes.media.facts import MediaInfo, MediaKind, parse_media_info
from rushes.media.ladder import Quality, Rung
from rushes.media.tracks import SOUND
from rushes.renditions import records
from rushes.renditions.plan import plan_rungs
from rushes.renditions.records import Rendition
from rushes.renditions.rendition import PLAYED, WHOLE, Kind, State
from rushes.renditions.stream import Stream, parse_stream


class ContentGone(RushesError):
    """Nobody has this content any more; there is nothing to do."""

    code = "rendition.content_gone"
    kind = ErrorKind.GONE


@dataclass(frozen=True, slots=True)
class Subject:
    """A content with what is known of it.

    `rungs` is its whole ladder, lowest first; `renditions` are its proxies and its sounds by the
    recipe of now, as far as they are not ready.
    """

    content: Content
    info: MediaInfo
    stream: Stream | None
    rungs: tuple[Rung, ...]
    renditions: tuple[Rendition, ...]

    def find_rung(self, name: str) -> Rung | None:
        """Return a rung by its name."""
        return next((rung for rung in self.rungs if rung.quality == name), None)

    def narrowed(self, chosen: Collection[str]) -> Subject:
        """Return the same content, with these renditions of it alone.

        `chosen` are ids; jobs that were begun by an earlier release bear names.
        """
        rows = tuple(row for row in self.renditions if row.id in chosen or row.name in chosen)
        return replace(self, renditions=rows)

    @property
    def due(self) -> tuple[Rendition, ...]:
        """Return the renditions that are made unasked, or were asked for."""
        return tuple(row for row in self.renditions if row.state is not State.RESTING)

    @property
    def names(self) -> list[str]:
        """Return what is to be made: rungs, lowest first, and sounds, the default first.

        Every file but that of a further sound holds the default one.
        """
        sounds = () if self.stream is None else self.stream.sounds
        names = {row.name for row in self.due}
        if any(row.kind in WHOLE for row in self.due):
            names.add(SOUND)
        ordered = [rung.quality.value for rung in self.rungs] + [each.name for each in sounds]
        return [name for name in ordered if name in names]


async def read_subject(database: Database, content_id: str, top: Quality) -> Subject:
    """Return a content that was looked at.

    Raises:
        ContentGone: it was deleted meanwhile.
    """

    async def find(to: Connection) -> tuple[Content | None, list[Rendition]]:
        content = await library_records.find_content(to, content_id)
        return content, await records.list_of_content(to, content_id)

    content, rows = await database.snapshot(find)
    if content is None or content.facts is None:
        raise ContentGone("The file was deleted; nothing is made of it.")
    info = parse_media_info(json.dumps(content.facts["media"]))
    stream = parse_stream(content.facts.get("stream"))
    rungs = plan_rungs(info, top) if info.kind is MediaKind.VIDEO else ()
    return Subject(content, info, stream, rungs, tuple(_open_rows(rows, stream)))


def _open_rows(rows: Sequence[Rendition], stream: Stream | None) -> Iterator[Rendition]:
    """Yield what plays and is not ready, of the recipe of now."""
    for row in rows:
        if row.kind not in PLAYED or row.state is State.READY:
            continue
        name = SOUND if row.kind is Kind.AUDIO else row.name
        if stream is None or row.recipe == stream.recipe_of(name):
            yield row
