"""Makes everything of a small original and looks at it with another decoder."""

from __future__ import annotations

import asyncio
import hashlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from PIL import Image, ImageChops, ImageStat

from rushes.media.assembly import PicturePart, SoundPart, assemble
from rushes.media.color import AUTO, Grade, built_in, find_log, plan_treatment
from rushes.media.facts import MediaInfo
from rushes.media.ffmpeg import SegmentRun
from rushes.media.grid import Grid, plan_constant, plan_variable
from rushes.media.hls import (
    format_media_playlist,
    format_multivariant,
    sound_of,
    variant_of,
)
from rushes.media.ladder import Rung, plan_ladder
from rushes.media.layout import Layout
from rushes.media.shelf import shelf_of
from rushes.media.sound import plan_sound, plan_sound_alone, sound_duration, tail_of
from rushes.media.studio import Outcome, SoundRun, Studio
from rushes.media.timecode import parse_timecode
from rushes.media.tracks import SOUND

HLS_OPTIONS = {"allowed_extensions": "ALL", "extension_picky": "0"}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a decoder shows of one track; times in seconds."""

    times: tuple[Fraction, ...]
    keys: tuple[int, ...]
    end: Fraction
    profile: str | None
    level: int

    @property
    def steps(self) -> set[Fraction]:
        """Return the different steps between frames."""
        return {later - earlier for earlier, later in pairwise(self.times)}


@dataclass(frozen=True, slots=True)
class Screening:
    """An original and all that was made of it."""

    facts: MediaInfo
    grid: Grid | None
    layouts: tuple[Layout, ...]
    outcomes: tuple[Outcome, ...]
    folder: Path

    def file(self, layout: Layout) -> Path:
        """Return a rendition's file."""
        return self.folder / f"{layout.name}.mp4"

    def faststart(self, layout: Layout) -> Path:
        """Return its plain copy."""
        return self.folder / f"{layout.name}-fast.mp4"

    @property
    def playlist(self) -> Path:
        """Return the list of qualities."""
        return self.folder / "all.m3u8"


async def ignore(_name: str, _index: int) -> None:
    """Take no notice of a segment."""


def plan_run(facts: MediaInfo, first: int = 0, count: int = 0) -> SegmentRun:
    """Return a run of all rungs; all segments from `first` on, or `count` of them."""
    video = facts.video
    assert video is not None
    grid = (
        plan_variable(facts.frame_times, round(video.duration * 90_000))
        if video.variable_rate
        else plan_constant(video.frame_rate, video.duration)
    )
    rungs: Sequence[Rung] = plan_ladder(*video.display_size, video.frame_rate)
    treatment = plan_treatment(AUTO, video.transfer, find_log(facts.gamma))
    grade = Grade(treatment, built_in(treatment, is_full=video.full_range))
    count = count or grid.count - first
    return SegmentRun(facts, grid, tuple(rungs), first, count, threads=1, grade=grade)


async def screen(studio: Studio, original: Path, sniffed: str) -> Screening:
    """Make the whole ladder and the sound of an original, files and playlists."""
    facts = await studio.probe(original, sniffed)
    run = plan_run(facts) if facts.video else None
    grid = run.grid if run else None
    outcomes = [await studio.encode_run(original, run, ignore)] if run else []
    sound = None
    if facts.audio:
        tail = tail_of(facts, facts.audio[0], grid) if grid else Fraction(0)
        cuts = plan_sound(grid, tail) if grid else plan_sound_alone(sound_duration(facts))
        shelf = shelf_of(studio.folder, SOUND, grid.name if grid else "alone")
        wanted = SoundRun(cuts, shelf, 0, cuts.count)
        outcomes.append(await studio.encode_sound(original, facts, wanted, ignore))
        sound = SoundPart(shelf, cuts)
    folder = studio.folder / "files"
    run_code = parse_timecode(facts.timecode, grid.rate if grid else None)
    layouts = []
    for rung in run.rungs if run else ():
        assert run is not None
        part = PicturePart(studio.shelf(run, rung), run.grid)
        target = folder / f"{rung.quality}.mp4"
        layouts.append(await assemble(rung.quality.value, target, part, sound, run_code))
    if not layouts:
        layouts.append(await assemble("audio", folder / "audio.mp4", None, sound))
    screening = Screening(facts, grid, tuple(layouts), tuple(outcomes), folder)
    await _write_playlists(screening)
    return screening


def plain_of(layout: Layout, file: Path) -> bytes:
    """Return the plain file that a rendition's file holds, its digest compared."""
    content, plain = file.read_bytes(), layout.plain
    assert plain is not None
    made = b"".join(content[at:to] for at, to in plain.overlay.parts_of(0, layout.plain_bytes))
    assert (layout.plain_bytes, plain.digest) == (len(made), hashlib.sha256(made).hexdigest())
    return made


async def _write_playlists(screening: Screening) -> None:
    variants = []
    for layout in screening.layouts:
        screening.faststart(layout).write_bytes(plain_of(layout, screening.file(layout)))
        text = format_media_playlist(layout.tracks[0], screening.file(layout).name)
        address = f"{layout.name}.m3u8"
        await asyncio.to_thread((screening.folder / address).write_text, text)
        variants.append(variant_of(layout, address))
    lowest = screening.layouts[0]
    shared = sound_of(lowest, "sound.m3u8") if lowest.video is not None else None
    if shared is not None and lowest.sound is not None:
        text = format_media_playlist(lowest.sound, screening.file(lowest).name)
        await asyncio.to_thread((screening.folder / shared.address).write_text, text)
    await asyncio.to_thread(
        screening.playlist.write_text,
        format_multivariant(variants, [] if shared is None else [shared]),
    )


def look_at_picture(path: Path) -> Seen:
    """Decode the first picture track."""
    with av.open(str(path), options=HLS_OPTIONS) as container:
        stream = container.streams.video[0]
        frames = list(container.decode(stream))
        context = stream.codec_context
        times = tuple(_time(frame) for frame in frames)
        keys = tuple(number for number, frame in enumerate(frames) if frame.key_frame)
        return Seen(times, keys, times[-1], context.profile, context.level)


def look_at_sound(path: Path) -> Seen:
    """Decode the first sound track."""
    with av.open(str(path), options=HLS_OPTIONS) as container:
        stream = container.streams.audio[0]
        frames = list(container.decode(stream))
        times = tuple(_time(frame) for frame in frames)
        end = times[-1] + Fraction(frames[-1].samples, frames[-1].sample_rate)
        return Seen(times, (), end, stream.codec_context.profile, 0)


def _time(frame: VideoFrame | AudioFrame) -> Fraction:
    assert frame.pts is not None
    assert frame.time_base is not None
    return frame.pts * frame.time_base


def pictures(path: Path) -> list[Image.Image]:
    """Return all pictures, grey and small."""
    with av.open(str(path)) as container:
        frames = container.decode(container.streams.video[0])
        return [_grey(frame).resize((160, 90)) for frame in frames]


def _grey(frame: VideoFrame) -> Image.Image:
    grey = frame.reformat(format="gray")
    plane = grey.planes[0]
    stored = Image.frombytes("L", (plane.line_size, grey.height), bytes(plane))
    return stored.crop((0, 0, grey.width, grey.height))


def difference(one: Image.Image, other: Image.Image) -> float:
    """Return the mean difference of two pictures, 0 to 255."""
    return ImageStat.Stat(ImageChops.difference(one, other)).mean[0]


def flashes(path: Path) -> list[float]:
    """Return when the picture turns white, in seconds."""
    found, was_white = [], False
    with av.open(str(path), options=HLS_OPTIONS) as container:
        for frame in container.decode(container.streams.video[0]):
            is_white = ImageStat.Stat(_grey(frame)).mean[0] > 100
            if is_white and not was_white:
                found.append(float(_time(frame)))
            was_white = is_white
    return found


def beeps(path: Path, level: float = 0.3) -> list[float]:
    """Return when the tone begins, in seconds."""
    found: list[float] = []
    with av.open(str(path), options=HLS_OPTIONS) as container:
        for frame in container.decode(container.streams.audio[0]):
            levels = array("f", bytes(frame.planes[0]))[: frame.samples]
            for number, loud in enumerate(levels):
                time = float(_time(frame)) + number / frame.sample_rate
                if abs(loud) > level and (not found or time - found[-1] > 0.5):
                    found.append(time)
    return found
