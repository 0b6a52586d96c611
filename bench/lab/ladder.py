"""What a ladder costs beside its parts: CPU of all qualities, as ratios within one round.

The parts are decoding once, scaling and encoding each quality, and the sound, each measured by
the same ffmpeg as what it adds to the part before; no box stands around either. Beside them stands
what people do without a ladder: one ffmpeg for each quality.
"""

from __future__ import annotations

import asyncio
import resource
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from bench.ingest.figures import Budget, Figure, ratios
from bench.ingest.plan import tell
from bench.lab.house import LabPlan
from rushes.media.assembly import PicturePart, SoundPart, assemble
from rushes.media.box import Level, Walls
from rushes.media.copier import Copier, picture_init
from rushes.media.encoder import CRF
from rushes.media.facts import MediaInfo
from rushes.media.ffmpeg import SegmentRun
from rushes.media.grid import Grid, plan_constant
from rushes.media.ladder import Rung, plan_ladder
from rushes.media.shelf import COPIED, shelf_of
from rushes.media.sound import plan_sound
from rushes.media.studio import SoundRun, Studio
from rushes.media.toolbox import Toolbox, open_toolbox
from rushes.media.tracks import SOUND

ROW = "ladder"
RUN_SEGMENTS = 10
"""As `media.run_segments` has it."""

PARTS, SINGLES, COPIED_TOP = Budget(1.05), Budget(0.85), Budget(0.55)
PICTURE = "testsrc2=size=1920x1080:rate=30,noise=alls=12:allf=t"
SOUND_SOURCE = "sine=frequency=330:sample_rate=48000"


@dataclass(frozen=True, slots=True)
class Film:
    """An original, and what is made of it."""

    tools: Toolbox
    path: Path
    info: MediaInfo
    grid: Grid
    rungs: tuple[Rung, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """CPU seconds of one round."""

    decode: float
    scale: float
    encode: float
    sound: float
    singles: float
    ladder: float
    with_copy: float

    @property
    def parts(self) -> float:
        """All parts together."""
        return self.decode + self.scale + self.encode + self.sound


def measure(plan: LabPlan) -> Iterator[Figure]:
    """Yield the figures of the ladder."""
    film = asyncio.run(_shoot(plan))
    rounds = []
    for number in range(plan.rounds):
        one = _round(film, plan.folder / "made")
        rounds.append(one)
        tell(f"round {number + 1}: {one}")
    parts = [one.parts for one in rounds]
    ladder = [one.ladder for one in rounds]
    name = f"ladder of {plan.seconds} s of 1080p30 in {len(film.rungs)} qualities, CPU"
    told = f"{min(ladder):.1f} CPU s"
    yield Figure(
        ROW,
        f"{name}, beside its parts",
        ratios(ladder, parts),
        budget=PARTS,
        ours=told,
        beside=f"decode, scale, encode, sound: {min(parts):.1f} CPU s",
    )
    singles = [one.singles for one in rounds]
    yield Figure(
        ROW,
        f"{name}, beside one ffmpeg for each quality",
        ratios(ladder, singles),
        budget=SINGLES,
        ours=told,
        beside=f"{min(singles):.1f} CPU s",
    )
    copied = [one.with_copy for one in rounds]
    yield Figure(
        ROW,
        f"{name}, the top one copied, beside all parts",
        ratios(copied, parts),
        budget=COPIED_TOP,
        ours=f"{min(copied):.1f} CPU s",
        beside=f"{min(parts):.1f} CPU s",
    )


async def _shoot(plan: LabPlan) -> Film:
    # Without the box: bubblewrap ends before its child is reaped, and the CPU of that is lost.
    tools = replace(await open_toolbox(), ffmpeg_walls=Walls(Level.NONE))
    path = plan.folder / f"film-{plan.seconds}.mp4"
    if not path.exists():
        tell("making a film")
        made = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-g", "60", "-bf", "2")
        sounds = ("-c:a", "aac", "-ac", "2", "-pix_fmt", "yuv420p", "-flags", "+cgop")
        inputs = ("-f", "lavfi", "-i", PICTURE, "-f", "lavfi", "-i", SOUND_SOURCE)
        _ffmpeg(tools, *inputs, "-t", str(plan.seconds), *made, *sounds, "-y", str(path))
    info = await Studio(tools, plan.folder).probe(path, "mov")
    if info.video is None:
        raise SystemExit("The film has no picture.")
    grid = plan_constant(info.video.frame_rate, info.video.duration or info.duration)
    rungs = plan_ladder(*info.video.display_size, info.video.frame_rate)
    return Film(tools, path, info, grid, rungs)


def _round(film: Film, folder: Path) -> Round:
    decode = _cost(film, "-f", "null", "-")
    scaled = [_cost(film, *_scale(rung), "-f", "null", "-") for rung in film.rungs]
    encoded = [_cost(film, *_scale(rung), *_encode(rung), "-f", "null", "-") for rung in film.rungs]
    heard = ("-vn", "-map", "0:a:0", "-c:a", "aac", "-b:a", "128k", "-f", "null", "-")
    sound = _cpu_of(film.tools, "-i", str(film.path), *heard)
    ladder = asyncio.run(_ladder(film, folder, film.rungs))
    with_copy = asyncio.run(_ladder(film, folder, film.rungs[:-1]))
    return Round(
        decode=decode,
        scale=sum(scaled) - decode * len(scaled),
        encode=sum(encoded) - sum(scaled),
        sound=sound,
        singles=sum(encoded) + sound * len(encoded),
        ladder=ladder,
        with_copy=with_copy,
    )


def _scale(rung: Rung) -> tuple[str, ...]:
    return ("-vf", f"scale={rung.width}:{rung.height}:flags=bicubic,format=yuv420p")


def _encode(rung: Rung) -> tuple[str, ...]:
    return (
        *("-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-crf", str(CRF)),
        *("-maxrate", str(rung.maxrate), "-bufsize", str(rung.bufsize), "-g", "120"),
        *("-x264-params", "scenecut=0:open-gop=0"),
    )


def _cost(film: Film, *arguments: str) -> float:
    return _cpu_of(film.tools, "-i", str(film.path), "-map", "0:v:0", *arguments)


def _cpu_of(tools: Toolbox, *arguments: str) -> float:
    before = _cpu()
    _ffmpeg(tools, *arguments)
    return _cpu() - before


def _ffmpeg(tools: Toolbox, *arguments: str) -> None:
    quiet = ("-v", "error", "-nostdin")
    subprocess.run([tools.ffmpeg.program, *quiet, *arguments], check=True)


def _cpu() -> float:
    """Return the CPU seconds of this process and of all that ended below it."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


async def _ladder(film: Film, folder: Path, rungs: Sequence[Rung]) -> float:
    """Make a ladder as a worker does; what is not encoded of it is copied."""
    shutil.rmtree(folder, ignore_errors=True)
    before = _cpu()
    studio = Studio(film.tools, folder)
    grid = film.grid if len(rungs) == len(film.rungs) else await _copy(film, folder)
    for first in range(0, grid.count, RUN_SEGMENTS):
        count = min(RUN_SEGMENTS, grid.count - first)
        await studio.encode_run(
            film.path, SegmentRun(film.info, grid, tuple(rungs), first, count), _ignore
        )
    cuts = plan_sound(grid)
    sound = shelf_of(folder, SOUND, grid.name)
    heard = SoundRun(cuts, sound, 0, cuts.count)
    await studio.encode_sound(film.path, film.info, heard, _ignore)
    for rung in film.rungs:
        recipe = {} if rung in rungs else {"recipe": COPIED}
        picture = PicturePart(shelf_of(folder, rung.quality, grid.name, **recipe), grid)
        target = folder / f"{rung.quality}.mp4"
        await assemble(rung.quality, target, picture, SoundPart(sound, cuts))
    return _cpu() - before


async def _copy(film: Film, folder: Path) -> Grid:
    """Copy the top quality; return the grid on which the others are cut then."""
    rate = Fraction(30)
    copies = await Copier().plan("film", film.path, rate, 0)
    grid = copies.picture.grid
    shelf = shelf_of(folder, film.rungs[-1].quality, grid.name, COPIED)
    shelf.put_init(picture_init(copies.picture))
    for index in range(grid.count):
        shelf.put_segment(index, await Copier().picture(film.path, copies.picture, index))
    return grid


async def _ignore(_name: str, _index: int) -> None:
    """Take no notice of a segment."""
