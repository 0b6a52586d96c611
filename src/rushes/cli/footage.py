"""Small films, pictures and sounds that ffmpeg draws by itself: the demo's library."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from rushes.media.box import LIMITS, Level, Tool, Walls, Work
from rushes.media.tool import Run, run
from rushes.media.toolbox import find_ffmpeg

NICENESS: Final = 10

_H264: Final = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "48")
_AAC: Final = ("-c:a", "aac", "-b:a", "128k")

_CHORD: Final = "aevalsrc='0.12*(sin(2*PI*220*t)+sin(2*PI*277*t)+sin(2*PI*330*t))':s=48000:d={}"
_DAWN: Final = "c0=#0b1d33:c1=#e8a33d:c2=#7a2e3a:c3=#1f5f6b:n=4:type=radial"
_BEACON: Final = "c0=#10222f:c1=#d9c7a0:c2=#3f6f78:n=3:type=circular:x0=135:y0=120:x1=200:y1=470"

FOOTAGE: Final = {
    "Line-up.mov": (
        *("-f", "lavfi", "-i", "smptehdbars=s=1280x720:r=24:d=6"),
        *("-f", "lavfi", "-i", "sine=f=1000:d=6:r=48000", *_H264, *_AAC),
    ),
    "Still from the pier.jpg": (
        *("-f", "lavfi", "-i", f"gradients=s=750x500:d=1:{_DAWN}:x0=500:y0=300:x1=20:y1=40"),
        *("-vf", "scale=3000:2000", "-frames:v", "1", "-q:v", "3"),
    ),
    "Room tone.m4a": ("-f", "lavfi", "-i", "anoisesrc=d=15:c=pink:a=0.05:r=48000", *_AAC),
    "Harbour at dawn.mp4": (
        *("-f", "lavfi", "-i", f"gradients=s=480x270:r=24:d=8:speed=0.012:{_DAWN}:x0=120:y0=200"),
        *("-f", "lavfi", "-i", _CHORD.format(8), "-vf", "scale=1920:1080", *_H264, *_AAC),
        *("-movflags", "+faststart"),
    ),
    "Beacon, hand held.mp4": (
        *("-f", "lavfi", "-i", f"gradients=s=270x480:r=24:d=6:speed=0.02:{_BEACON}"),
        *("-f", "lavfi", "-i", _CHORD.format(6), "-vf", "scale=1080:1920", *_H264, *_AAC),
    ),
}

SHOT_LIST: Final = "Shot list.txt"
_SHOTS: Final = """Harbour film: shot list

1  Harbour at dawn, wide, locked off
2  Beacon, hand held, portrait for social
3  Line-up, bars and tone
4  Still from the pier, for the poster
5  Room tone, 15 seconds
"""


async def make_footage(folder: Path, known: set[str]) -> AsyncIterator[Path]:
    """Make the files whose names are not known yet, one after the other.

    Raises:
        RushesError: there is no ffmpeg, or it failed.
    """
    if SHOT_LIST not in known:
        document = folder / SHOT_LIST
        document.write_text(_SHOTS, encoding="utf-8")
        yield document
    tool, walls = Tool("ffmpeg", find_ffmpeg(None)), Walls(Level.NONE, niceness=NICENESS)
    for name, arguments in FOOTAGE.items():
        if name in known:
            continue
        file = folder / name
        call = ("-v", "error", "-nostdin", *arguments, str(file))
        await run(Run(tool, walls, call, LIMITS[Work.RUN]), _ignore)
        yield file


async def _ignore(_arrived: bytes) -> None:
    """Take what the program prints and forget it."""
