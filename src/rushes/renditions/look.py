"""Look at an original once: keep the facts, and write down what is wanted of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rushes.clock import Clock
from rushes.db.engine import Connection, Database
from rushes.library import records as library_records
from rushes.library.originals import Original
from rushes.library.records import Content
from rushes.media.color import Treatment
from rushes.media.copier import Copier, Copies
from rushes.media.copying import NotCopied, SoundCopy
from rushes.media.facts import (
    MediaInfo,
    MediaKind,
    VideoFacts,
    format_media_info,
    parse_media_info,
    plain_info,
)
from rushes.media.ffmpeg import DEMUXERS
from rushes.media.gallery import Gallery
from rushes.media.grid import VARIABLE_TIMESCALE, Grid, plan_constant, plan_variable
from rushes.media.ladder import RECIPE, Quality, Rung
from rushes.media.path import COPIED_CONTAINER, Path, find_obstacle, playback_path
from rushes.media.shelf import recipe_of
from rushes.media.show import SEQUENCE_FORMATS, Show
from rushes.media.sound import (
    SoundGrid,
    plan_sound,
    plan_sound_alone,
    sound_duration,
    tail_of,
)
from rushes.media.speed import Speed
from rushes.media.stills import IMAGE_FORMATS
from rushes.media.studio import Studio
from rushes.media.tracks import SOUND, STEREO, SoundTrack, plan_tracks
from rushes.renditions import records
from rushes.renditions.coloring import COLORED
from rushes.renditions.grading import find_default, find_treatment
from rushes.renditions.plan import Wanted, plan_renditions, plan_rungs, plan_track
from rushes.renditions.rendition import PLAYED, Kind, State
from rushes.renditions.stream import Sound, Stream, format_stream, parse_stream, plan_variants
from rushes.renditions.subject import ContentGone
from rushes.renditions.wanting import new_row
from rushes.sections import LadderSettings, PlaybackSettings


@dataclass(frozen=True, slots=True)
class Looking:
    """Probes originals."""

    database: Database
    clock: Clock
    studio: Studio
    gallery: Gallery
    copier: Copier
    speed: Speed
    original: Original
    top: Quality
    playback: PlaybackSettings
    ladder: LadderSettings
    recipe: str = RECIPE
    """The word of what is encoded here."""

    async def look(self, content_id: str) -> list[str]:
        """Probe an original, keep its facts and write down the renditions that are wanted.

        Returns the kinds of them. May run again: facts that are there stay, and where people chose
        other colours since, what they change is wanted anew.

        Raises:
            ContentGone: it was deleted meanwhile.
            RushesError: what the probe found wrong (`media.*`).
        """
        content = await self.database.snapshot(
            lambda connection: library_records.find_content(connection, content_id)
        )
        if content is None:
            raise ContentGone("The file was deleted; nothing is made of it.")
        if content.facts is None:
            info, stream = await self._see(content)
            rungs, grid = plan_rungs(info, self.top), None if stream is None else stream.grid
            sounds = () if stream is None else stream.sounds
            tracks = [plan_track(each.name, each.cuts.count) for each in sounds[1:]]
            heard = sounds[0].cuts.count if sounds else 0
            wanted = [*plan_renditions(info, rungs, grid, heard), *tracks]
            await self._keep(content, info, stream, dress(wanted, stream, self.ladder))
        else:
            await self._recolor(content, content.facts)
        rows = await self.database.snapshot(
            lambda connection: records.list_of_content(connection, content_id)
        )
        return sorted({row.kind.value for row in rows})

    async def _recolor(self, content: Content, facts: Mapping[str, object]) -> None:
        """Plan a film anew if people chose otherwise for its colours.

        What is there with these colours counts again; what is there with others stays until then.
        Where people chose once more meanwhile, that choice has a job of its own.
        """
        info, known = (
            parse_media_info(json.dumps(facts["media"])),
            parse_stream(facts.get("stream")),
        )
        treatment = await self.database.snapshot(
            lambda connection: find_treatment(connection, content.color, info)
        )
        if known is None or known.grid is None or known.treatment == treatment:
            return
        stream = await self._plan_stream(content, info)
        if stream is None:
            return
        planned = plan_renditions(info, plan_rungs(info, self.top), stream.grid, 0)
        async with self.database.transaction() as connection:
            now = await library_records.lock_content(connection, content.id)
            known = None if now is None else parse_stream((now.facts or {}).get("stream"))
            if now is None or known is None or now.color != content.color:
                return
            # A further sound has a row of its own, or, of an earlier release, was never wanted.
            sounds = tuple(each for each in stream.sounds if known.find_sound(each.name))
            stream = replace(stream, recipe=known.recipe, sounds=sounds)
            wanted = [each for each in dress(planned, stream, self.ladder) if each.kind in COLORED]
            there = await records.list_of_content(connection, content.id)
            ready = {row.name for row in there if row.state is State.READY}
            rows = [
                new_row(self.clock, content.id, replace(each, is_resting=False))
                if each.name in ready
                else new_row(self.clock, content.id, each)
                for each in wanted
            ]
            await records.record_anew(connection, content.id, rows, self.clock.now())
            await library_records.record_stream(connection, content.id, format_stream(stream))

    async def give_up(self, content_id: str, code: str, detail: str) -> None:
        """Keep why nothing can be shown of a content."""
        await self.database.transact(
            lambda connection: library_records.record_trouble(connection, content_id, code, detail)
        )

    async def _see(self, content: Content) -> tuple[MediaInfo, Stream | None]:
        """Return the facts of an original, and how it is watched."""
        if content.format != COPIED_CONTAINER or not self.ladder.copy_top:
            info = await self._probe(content)
            return info, await self._plan_stream(await self._color(content, info), info)
        with self.copier.planning_ahead(content.id, await self.original(content.id)):
            info = await self._probe(content)
            return info, await self._plan_stream(await self._color(content, info), info)

    async def _color(self, content: Content, info: MediaInfo) -> Content:
        """Return a film with the colour of its project, where nobody and nothing says another."""
        if content.color is not None or info.kind is not MediaKind.VIDEO:
            return content
        async with self.database.transaction() as connection:
            color = await find_default(connection, content.id, info)
            if color is None:
                return content
            await library_records.record_color(connection, content.id, color)
        return replace(content, color=color)

    async def _probe(self, content: Content) -> MediaInfo:
        kind = MediaKind(content.kind)
        if content.format in DEMUXERS:
            return await self.studio.probe(await self.original(content.id), content.format)
        if content.format in IMAGE_FORMATS:
            original = await self.original(content.id)
            return await self.gallery.darkroom.look(original, content.format)
        if content.format in SEQUENCE_FORMATS:
            original = await self.original(content.id)
            return await Show(self.gallery.tools).look(original, content.format)
        return plain_info(kind, content.format, content.size_bytes)

    async def _plan_stream(self, content: Content, info: MediaInfo) -> Stream | None:
        """Return how an original is watched and cut, or None where nothing plays."""
        if info.kind is MediaKind.AUDIO and info.audio:
            cuts = plan_sound_alone(sound_duration(info))
            sound = Sound(cuts, STEREO, is_copied=False, track=info.audio[0].track)
            return Stream(*playback_path(info, None), None, (), (sound,))
        if info.kind is not MediaKind.VIDEO or info.video is None:
            return None
        rungs = plan_rungs(info, self.top)
        treatment = await self.database.snapshot(
            lambda connection: find_treatment(connection, content.color, info)
        )
        copies, obstacle = await self._plan_copies(content, info, rungs, treatment)
        path, reason = playback_path(info, obstacle, treatment)
        grid = plan_grid(info, info.video) if copies is None else copies.picture.grid
        copied = None
        if copies is not None:
            copied = (copies.picture.track.codec, *copies.picture.rates())
        made = await self._made_per_second(rungs, path)
        variants = plan_variants(rungs, path, info.video.frame_rate, made, copied)
        heard = _plan_sounds(info, grid, copies)
        return Stream(path, reason, grid, variants, heard, treatment, self.recipe)

    async def _made_per_second(self, rungs: Sequence[Rung], path: Path) -> int:
        """Return how fast segments are made here; where nothing depends on it, no guess is made."""
        if len(rungs) == 1 or path is Path.HEAVY:
            return 0
        return await self.speed.made_per_second()

    async def _plan_copies(
        self, content: Content, info: MediaInfo, rungs: Sequence[Rung], treatment: Treatment
    ) -> tuple[Copies | None, str | None]:
        """Return how an original is copied; else None, and why it is not."""
        obstacle = find_obstacle(info, rungs, self.playback.copied_mbit * 10**6, treatment)
        if obstacle is None and not self.ladder.copy_top:
            obstacle = "copying is switched off"
        if obstacle is not None or info.video is None:
            return None, obstacle
        rate = None if _is_variable(info, info.video) else info.video.frame_rate
        track = info.audio[0].track if info.audio else -1
        try:
            original = await self.original(content.id)
            return await self.copier.plan(content.id, original, rate, track), None
        except NotCopied as why:
            return None, str(why)

    async def _keep(
        self, content: Content, info: MediaInfo, stream: Stream | None, wanted: list[Wanted]
    ) -> None:
        facts: dict[str, object] = {"media": format_media_info(info)}
        if stream is not None:
            facts["stream"] = format_stream(stream)
        rows = [new_row(self.clock, content.id, want) for want in wanted]

        async def write(to: Connection) -> None:
            await records.record_wanted(to, rows)
            await library_records.record_facts(
                to,
                content.id,
                kind=info.kind.value,
                facts=facts,
                duration=float(info.duration) or None,
                size=_shown_size(info),
            )

        await self.database.transact(write)


def dress(wanted: Sequence[Wanted], stream: Stream | None, ladder: LadderSettings) -> list[Wanted]:
    """Return the same with the recipe of each; qualities that wait for somebody to ask rest."""
    if stream is None:
        return list(wanted)
    dressed = []
    for want in wanted:
        name = SOUND if want.kind is Kind.AUDIO else want.name
        seen = recipe_of(stream.treatment, want.recipe)
        recipe = stream.recipe_of(name) if want.kind in PLAYED else seen
        rests = want.kind is Kind.PROXY and ladder.rests(want.name)
        dressed.append(replace(want, recipe=recipe, is_resting=rests))
    return dressed


def plan_grid(info: MediaInfo, video: VideoFacts) -> Grid:
    """Return the grid on which a picture is cut that is not copied."""
    duration = video.duration or info.duration
    if _is_variable(info, video):
        end = max(round(duration * VARIABLE_TIMESCALE), info.frame_times[-1] + 1)
        return plan_variable(info.frame_times, end)
    return plan_constant(video.frame_rate, duration)


def _is_variable(info: MediaInfo, video: VideoFacts) -> bool:
    return video.variable_rate and bool(info.frame_times)


def _plan_sounds(info: MediaInfo, grid: Grid, copies: Copies | None) -> tuple[Sound, ...]:
    """Return the sounds of a film; the default is copied where it can be."""
    copied = None if copies is None else copies.sound
    facts = {each.track: each for each in info.audio}
    return tuple(
        _plan_sound(each, copied, plan_sound(grid, tail_of(info, facts[each.track], grid)))
        for each in plan_tracks(info.audio)
    )


def _plan_sound(track: SoundTrack, copied: SoundCopy | None, cuts: SoundGrid) -> Sound:
    handed_on = copied if track.name == SOUND else None
    return Sound(
        cuts if handed_on is None else handed_on.cuts,
        track.channels if handed_on is None else handed_on.channels,
        is_copied=handed_on is not None,
        name=track.name,
        track=track.track,
        label=track.label,
        language=track.language,
    )


def _shown_size(info: MediaInfo) -> tuple[int, int] | None:
    if info.video is not None:
        return info.video.display_size
    if info.kind is MediaKind.PDF:  # pages have no pixels
        return None
    return None if info.image is None else (info.image.width, info.image.height)
