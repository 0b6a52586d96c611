"""The table `[media]` of the settings: programs that read what people send."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from rushes.sections import Rung, Section


class MediaSettings(Section):
    """Programs that read what people send, and what they make of it."""

    ffmpeg: Path | None = None
    """The ffmpeg program (7 or newer); by default the one of `imageio-ffmpeg`, else of PATH."""
    threads: int = Field(default=0, ge=0)
    """Threads of one encoder run; 0 leaves it to the program."""
    encoder: Literal["software", "nvenc", "qsv", "vaapi"] = "software"
    """What encodes films: x264, or hardware of NVIDIA (`nvenc`), of Intel (`qsv`), or any that has
    VA-API (`vaapi`). Hardware has to prove itself when a worker starts; where it does not, and
    where it fails at a film, x264 encodes. `rushes doctor` says which it is."""
    run_segments: int = Field(default=10, ge=1, le=60)
    """Segments of 4 s that one ladder run makes: the piece of work that a crash repeats."""
    max_rung: Rung = "2160p"
    """The highest rung that is made."""
