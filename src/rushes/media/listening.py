"""Listens to a sound once: its peaks, its loudness, and a copy that every program plays."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from rushes.media import ffmpeg
from rushes.media.box import LIMITS, Work
from rushes.media.darkroom import Darkroom, Order
from rushes.media.facts import MediaInfo
from rushes.media.failures import NoStream
from rushes.media.sound import sound_duration
from rushes.media.stills import POSTER_WIDTHS, Still, name_poster
from rushes.media.tool import open_outlets, run
from rushes.media.toolbox import Toolbox
from rushes.media.wave import (
    NAME,
    Loudness,
    Meter,
    draw_waveform,
    format_waveform,
    parse_loudness,
)

MP3_FILE: Final = "audio.mp3"


@dataclass(frozen=True, slots=True)
class Heard:
    """What a sound is like; `stills` are the waveform's numbers, then its pictures."""

    loudness: Loudness | None
    stills: tuple[Still, ...]


@dataclass(frozen=True, slots=True)
class Listening:
    """Listens to originals in the box."""

    tools: Toolbox
    folder: Path

    async def listen(self, original: Path, facts: MediaInfo, copy: Path) -> Heard:
        """Read the first sound track to its end; write it to `copy` as MP3.

        Raises NoStream, DecodeFailed, and what `tool.run` raises.
        """
        if not facts.audio:
            raise NoStream("There is no sound in it.")
        meter = Meter(sound_duration(facts))

        async def measure(arrived: bytes) -> None:
            """Note the peaks of what arrived."""
            meter.feed(arrived)

        await asyncio.to_thread(copy.parent.mkdir, parents=True, exist_ok=True)
        with open_outlets(1) as (outlet,), copy.open("wb") as target:

            async def keep(arrived: bytes) -> None:
                """Write what the encoder made."""
                await asyncio.to_thread(target.write, arrived)

            arguments = ffmpeg.listening_arguments(facts, outlet.target)
            job = self.tools.ffmpeg_run(arguments, LIMITS[Work.SOUND], original)
            words = await run(job, measure, [(outlet, keep)])
        meter.finish()
        numbers = Still(NAME, "json", 0, 0, format_waveform(meter))
        return Heard(parse_loudness(words), (numbers, *await self._draw(meter)))

    async def _draw(self, meter: Meter) -> tuple[Still, ...]:
        picture = await asyncio.to_thread(draw_waveform, meter)
        # A file without a name: nothing is left of it, however this process ends.
        with tempfile.TemporaryFile(dir=self.folder) as held:
            await asyncio.to_thread(_fill, held, picture)
            path = Path(f"/dev/fd/{held.fileno()}")
            answer = await Darkroom(self.tools).make(path, Order("PPM", POSTER_WIDTHS))
        return name_poster(answer.stills)


def _fill(file: IO[bytes], content: bytes) -> None:
    file.write(content)
    file.flush()
