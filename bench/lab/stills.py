"""What pictures cost: thumbnails, storyboards, camera RAW, pictures at a width; each in its box.

An hour of 1080p is made for it; wall time at the 95th percentile, on a machine at rest.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Final

from PIL import Image

from bench.ingest.figures import Budget, Figure
from bench.ingest.plan import tell
from bench.lab.house import LabPlan, p95
from rushes.media.camera import parse_camera
from rushes.media.darkroom import Darkroom, Order
from rushes.media.gallery import Gallery
from rushes.media.studio import Studio
from rushes.media.toolbox import Toolbox, open_toolbox
from tests.support.negatives import write_dng

ROW: Final = "stills"
Deed = Callable[[], Awaitable[object]]


def measure(plan: LabPlan) -> Iterator[Figure]:
    """Yield the figures of all kinds of pictures."""
    folder = plan.folder / "stills"
    folder.mkdir(exist_ok=True)
    yield from asyncio.run(_measure(folder, plan))


def make_hour(tools: Toolbox, folder: Path, minutes: int) -> Path:
    """Return a video of so many minutes, 1080p with a key frame every 2 s."""
    minute, whole, names = folder / "minute.mp4", folder / f"{minutes}.mp4", folder / "minutes.txt"
    if whole.exists():
        return whole
    picture = "testsrc2=size=1920x1080:rate=25:duration=60,noise=alls=10:allf=t"
    encoder = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-b:v", "1M")
    call = [tools.ffmpeg.program, "-v", "error", "-y"]
    subprocess.run(
        [*call, "-f", "lavfi", "-i", picture, *encoder, "-pix_fmt", "yuv420p", str(minute)],
        check=True,
    )
    names.write_text("file minute.mp4\n" * minutes)
    subprocess.run(
        [*call, "-f", "concat", "-i", str(names), "-c", "copy", "-movflags", "+faststart", whole],
        check=True,
    )
    return whole


def find_first(raw: Path) -> Order:
    """Return the order for the first preview of a RAW: the search is a part of what is measured."""
    with raw.open("rb") as file:
        camera = parse_camera(lambda at, size: os.pread(file.fileno(), size, at), "dng")
    best = camera.best
    assert best is not None
    return Order("JPEG", (640,), ("webp",), best.offset, best.length, camera.orientation)


async def _time(name: str, budget: float, rounds: int, deed: Deed) -> Figure:
    """Do it once to warm up, then so often; return what it took."""
    await deed()
    walls = []
    for _ in range(rounds):
        begun = time.perf_counter()
        await deed()
        walls.append(time.perf_counter() - begun)
    walls.sort()
    tell(f"{name}: {walls}")
    middle = f"{walls[len(walls) // 2]:.2f} s at the median of {rounds}"
    return Figure(ROW, f"{name}, p95", (p95(walls),), "s", Budget(budget), ours=middle)


async def _measure(folder: Path, plan: LabPlan) -> list[Figure]:
    tools = await open_toolbox()
    darkroom, gallery = Darkroom(tools), Gallery(tools, folder)
    film = make_hour(tools, folder, plan.minutes)
    facts = await Studio(tools, folder).probe(film, "mov")
    raw = write_dng(folder / "raw.dng", (6_000, 4_000), orientation=6, preview=True)
    preview = folder / "preview-1280.webp"
    Image.effect_noise((1_280, 853), 60).convert("RGB").save(preview, quality=80)
    order, often, few = Order("WEBP", (960,), ("webp",)), plan.uploads, max(1, plan.uploads // 5)
    return [
        await _time(
            "poster and thumbnails of a film", 0.3, often, lambda: gallery.poster(film, facts)
        ),
        await _time(
            f"storyboard of {plan.minutes} min of 1080p",
            3.0 * max(1, plan.minutes) / 60,
            few,
            lambda: gallery.storyboard(film, facts),
        ),
        await _time(
            "first preview of a RAW of 24 megapixels",
            0.2,
            often,
            lambda: darkroom.make(raw, find_first(raw)),
        ),
        await _time("a picture at a width", 0.15, often, lambda: darkroom.make(preview, order)),
    ]
