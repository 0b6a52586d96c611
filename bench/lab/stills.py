"""What pictures cost: thumbnails, storyboards, camera RAW, pictures at a width; each in its box.

Run:  python bench/lab/stills.py [FOLDER] [--rounds 20] [--minutes 60]

It makes its own media in FOLDER (1.8 GB for an hour of 1080p) and prints, for each piece of work,
wall time at the median and at the 95th percentile, and the budget: run it on a machine at rest.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from rushes.media.camera import parse_camera
from rushes.media.darkroom import Darkroom, Order
from rushes.media.gallery import Gallery
from rushes.media.studio import Studio
from rushes.media.toolbox import Toolbox, open_toolbox
from tests.support.negatives import write_dng

Deed = Callable[[], Awaitable[object]]


def make_hour(tools: Toolbox, folder: Path, minutes: int) -> Path:
    """Return a video of so many minutes, 1080p with a key frame every 2 s."""
    minute, whole, names = folder / "minute.mp4", folder / f"{minutes}.mp4", folder / "minutes.txt"
    if whole.exists():
        return whole
    picture = "testsrc2=size=1920x1080:rate=25:duration=60,noise=alls=10:allf=t"
    encoder = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-b:v", "4M")
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


async def measure(name: str, budget: float, rounds: int, deed: Deed) -> None:
    """Do it once to warm up, then so often; print what it took."""
    await deed()
    walls = []
    for _ in range(rounds):
        begun = time.perf_counter()
        await deed()
        walls.append(time.perf_counter() - begun)
    walls.sort()
    middle, high = walls[len(walls) // 2], walls[min(len(walls) - 1, len(walls) * 95 // 100)]
    print(f"{name:34} p50 {middle:6.3f} s  p95 {high:6.3f} s  budget {budget} s")


async def main() -> None:
    """Measure all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--minutes", type=int, default=60)
    told = parser.parse_args()
    folder = told.folder / "rushes-bench-stills"
    folder.mkdir(parents=True, exist_ok=True)
    tools = await open_toolbox()
    darkroom, gallery = Darkroom(tools), Gallery(tools, folder)
    hour = make_hour(tools, folder, told.minutes)
    facts = await Studio(tools, folder).probe(hour, "mov")
    raw = write_dng(folder / "raw.dng", (6_000, 4_000), orientation=6, preview=True)
    preview = folder / "preview-1280.webp"
    Image.effect_noise((1_280, 853), 60).convert("RGB").save(preview, quality=80)
    print(f"box {tools.level}; {told.minutes} min of 1080p; a RAW of 24 megapixels")
    few = max(1, told.rounds // 5)
    await measure("poster and thumbnails of a video", 0.3, few, lambda: gallery.poster(hour, facts))
    await measure("storyboard", 3.0, few, lambda: gallery.storyboard(hour, facts))
    camera = (await darkroom.previews(raw, "dng"))[0]
    print(f"the RAW shows {camera.image}")
    await measure(
        "first preview of a RAW",
        0.2,
        told.rounds,
        lambda: darkroom.make(raw, find_first(raw)),
    )
    await measure("all previews of a RAW", 2.0, few, lambda: darkroom.previews(raw, "dng"))
    order = Order("WEBP", (960,), ("webp",))
    await measure("a picture at a width", 0.15, told.rounds, lambda: darkroom.make(preview, order))


if __name__ == "__main__":
    asyncio.run(main())
