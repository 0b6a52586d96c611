"""Look at an original once: keep the facts, and write down what is wanted of it."""

from __future__ import annotations

from dataclasses import dataclass

from rushes import ids
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.errors import Kind as ErrorKind
from rushes.errors import RushesError
from rushes.ids import ENTROPY_BYTES, Prefix
from rushes.library import records as library_records
from rushes.library.originals import Original
from rushes.library.records import Content
from rushes.media.facts import MediaInfo, MediaKind, format_media_info, plain_info
from rushes.media.ffmpeg import DEMUXERS
from rushes.media.gallery import Gallery
from rushes.media.grid import Grid, format_grid, plan_constant, plan_variable
from rushes.media.ladder import RECIPE, Quality
from rushes.media.sound import plan_sound_alone, sound_duration
from rushes.media.stills import IMAGE_FORMATS
from rushes.media.studio import Studio
from rushes.renditions import records
from rushes.renditions.plan import Wanted, plan_renditions, plan_rungs
from rushes.renditions.records import Rendition
from rushes.renditions.rendition import State


class ContentGone(RushesError):
    """Nobody has this content any more; there is nothing to do."""

    code = "rendition.content_gone"
    kind = ErrorKind.GONE


@dataclass(frozen=True, slots=True)
class Looking:
    """Probes originals."""

    database: Database
    clock: Clock
    studio: Studio
    gallery: Gallery
    original: Original
    top: Quality

    async def look(self, content_id: str) -> list[str]:
        """Probe an original, keep its facts and write down the renditions that are wanted.

        Returns the kinds of them. May run again: facts that are there stay.

        Raises:
            ContentGone: it was deleted meanwhile.
            RushesError: what the probe found wrong (`media.*`).
        """
        async with self.database.reading() as connection:
            content = await library_records.find_content(connection, content_id)
        if content is None:
            raise ContentGone("The file was deleted; nothing is made of it.")
        if content.facts is None:
            info = await self._probe(content)
            grid = plan_grid(info)
            wanted = plan_renditions(info, plan_rungs(info, self.top), grid, _sound_segments(info))
            await self._keep(content, info, grid, wanted)
        async with self.database.reading() as connection:
            rows = await records.list_of_content(connection, content_id)
        return sorted({row.kind.value for row in rows})

    async def give_up(self, content_id: str, code: str, detail: str) -> None:
        """Keep why nothing can be shown of a content."""
        async with self.database.transaction() as connection:
            await library_records.record_trouble(connection, content_id, code, detail)

    async def _probe(self, content: Content) -> MediaInfo:
        kind = MediaKind(content.kind)
        if content.format in DEMUXERS:
            return await self.studio.probe(await self.original(content.id), content.format)
        if content.format in IMAGE_FORMATS:
            original = await self.original(content.id)
            return (await self.gallery.previews(original, content.format))[0]
        return plain_info(kind, content.format, content.size_bytes)

    async def _keep(
        self, content: Content, info: MediaInfo, grid: Grid | None, wanted: list[Wanted]
    ) -> None:
        facts: dict[str, object] = {"media": format_media_info(info)}
        if grid is not None:
            facts["grid"] = format_grid(grid)
        async with self.database.transaction() as connection:
            rows = [self._row(content.id, want) for want in wanted]
            await records.record_wanted(connection, rows)
            await library_records.record_facts(
                connection,
                content.id,
                kind=info.kind.value,
                facts=facts,
                duration=float(info.duration) or None,
                size=_shown_size(info),
            )

    def _row(self, content_id: str, want: Wanted) -> Rendition:
        now = self.clock.now()
        return Rendition(
            id=ids.new(Prefix.RENDITION, now, self.clock.entropy(ENTROPY_BYTES)),
            content_id=content_id,
            name=want.name,
            kind=want.kind,
            recipe=RECIPE,
            state=State.WANTED,
            media_type=want.media_type,
            file_name=want.file_name,
            width=want.width or None,
            height=want.height or None,
            bitrate=None,
            size_bytes=None,
            digest=None,
            layout=None,
            done_segments=0,
            all_segments=want.segments,
            error_code=None,
            error_detail=None,
            created_at=now,
            updated_at=now,
        )


def plan_grid(info: MediaInfo) -> Grid | None:
    """Return the grid on which a picture is cut, or None where nothing moves."""
    video = info.video
    if info.kind is not MediaKind.VIDEO or video is None:
        return None
    duration = video.duration or info.duration
    if video.variable_rate and info.frame_times:
        return plan_variable(
            info.frame_times, max(round(duration * 90_000), info.frame_times[-1] + 1)
        )
    return plan_constant(video.frame_rate, duration)


def _sound_segments(info: MediaInfo) -> int:
    if info.kind is not MediaKind.AUDIO or not info.audio:
        return 0
    return plan_sound_alone(sound_duration(info)).count


def _shown_size(info: MediaInfo) -> tuple[int, int] | None:
    if info.video is not None:
        return info.video.display_size
    return None if info.image is None else (info.image.width, info.image.height)
