"""The gallery: stills of an original, made in the box.

An image goes straight to our own child; of a video, ffmpeg first takes one picture.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import IO, Final

from rushes.errors import RushesError
from rushes.media import ffmpeg
from rushes.media.box import Work, limits_for
from rushes.media.facts import ImageFacts, MediaInfo, MediaKind, parse_image, plain_info
from rushes.media.failures import (
    DecodeFailed,
    InvalidMedia,
    NoStream,
    SourceUnreadable,
    ToolOutOfMemory,
    TooManyPixels,
    TruncatedMedia,
)
from rushes.media.stills import (
    DARK_BELOW,
    POSTER_WIDTHS,
    PREVIEW_WIDTHS,
    Still,
    image_format_of,
    name_poster,
    name_previews,
    poster_size,
    poster_times,
)
from rushes.media.tool import run
from rushes.media.toolbox import Toolbox

ANSWER_BYTES_AT_MOST: Final = 256 * 2**20

REFUSALS: Final[Mapping[object, tuple[type[RushesError], str]]] = {
    70: (TruncatedMedia, "The picture is cut short; the original can be downloaded."),
    73: (InvalidMedia, "The picture does not follow its format; the original can be downloaded."),
    75: (ToolOutOfMemory, "Showing the picture needs more memory than the box grants."),
    76: (TooManyPixels, "It has more than 100 million pixels; the original can be downloaded."),
}
"""The exit statuses of `media.image`."""


@dataclass(frozen=True, slots=True)
class _Answer:
    image: ImageFacts
    luma: float
    stills: tuple[Still, ...]


@dataclass(frozen=True, slots=True)
class Gallery:
    """Makes stills; `folder` takes the pictures between two tools."""

    tools: Toolbox
    folder: Path

    async def look(self, original: Path, sniffed: str) -> MediaInfo:
        """Return the facts of an image; it is decoded once, so it can be shown.

        Raises what `previews` raises.
        """
        facts, _ = await self._look(original, sniffed, ())
        return facts

    async def previews(self, original: Path, sniffed: str) -> tuple[MediaInfo, tuple[Still, ...]]:
        """Return the facts of an image and its previews, as WebP and JPEG.

        Raises FormatNotAllowed, TooManyPixels, TruncatedMedia, InvalidMedia, and what `tool.run`
        raises.
        """
        facts, stills = await self._look(original, sniffed, PREVIEW_WIDTHS)
        return facts, name_previews(stills)

    async def _look(
        self, original: Path, sniffed: str, widths: tuple[int, ...]
    ) -> tuple[MediaInfo, tuple[Still, ...]]:
        plugin = image_format_of(sniffed)
        try:
            size_bytes = (await asyncio.to_thread(original.stat)).st_size
        except OSError as error:
            raise SourceUnreadable("The original is not there just now.") from error
        answer = await self._make(original, plugin, widths)
        facts = plain_info(MediaKind.IMAGE, sniffed, size_bytes)
        return replace(facts, image=answer.image), answer.stills

    async def poster(self, original: Path, facts: MediaInfo) -> tuple[Still, ...]:
        """Return poster and thumbnails of a video, as WebP and JPEG; the brightest of the tries."""
        if facts.video is None:
            raise NoStream("There is no picture in it.")
        best: _Answer | None = None
        for at in (*poster_times(facts.video.duration), Fraction(0)):
            answer = await self._try_poster(original, facts, at)
            if answer is not None and (best is None or answer.luma > best.luma):
                best = answer
            if best is not None and best.luma >= DARK_BELOW:
                break
        if best is None:
            raise DecodeFailed("No picture of it could be decoded for a poster.")
        return name_poster(best.stills)

    async def _try_poster(self, original: Path, facts: MediaInfo, at: Fraction) -> _Answer | None:
        """Return the stills at this time; None where the file has no picture there."""
        video = facts.video
        if video is None:
            return None
        picture = bytearray()

        async def keep(arrived: bytes) -> None:
            """Collect the picture within its bound."""
            picture.extend(arrived)
            if len(picture) > ANSWER_BYTES_AT_MOST:
                raise InvalidMedia("The picture is larger than a poster can be.")

        width, height = poster_size(video)
        arguments = ffmpeg.still_arguments(facts, at, width, height)
        limits = limits_for(Work.STILL, video.width * video.height)
        try:
            await run(self.tools.ffmpeg_run(arguments, limits, original), keep)
        except DecodeFailed:
            return None
        if not picture:
            return None
        await asyncio.to_thread(self.folder.mkdir, parents=True, exist_ok=True)
        # A file without a name: nothing is left of it, however this process ends.
        with tempfile.TemporaryFile(dir=self.folder) as held:
            await asyncio.to_thread(_fill, held, bytes(picture))
            return await self._make(Path(f"/dev/fd/{held.fileno()}"), "PNG", POSTER_WIDTHS)

    async def _make(self, picture: Path, plugin: str, widths: tuple[int, ...]) -> _Answer:
        answer = bytearray()

        async def keep(arrived: bytes) -> None:
            """Collect the answer within its bound."""
            answer.extend(arrived)
            if len(answer) > ANSWER_BYTES_AT_MOST:
                raise InvalidMedia("The stills are larger than stills can be.")

        arguments = [plugin, ",".join(str(width) for width in widths)]
        try:
            await run(self.tools.child_run(self.tools.image, arguments, Work.IMAGE, picture), keep)
        except DecodeFailed as error:
            known = REFUSALS.get(error.facts.get("exit_code"))
            if known is None:
                raise
            raise known[0](known[1], retry_after=None, **error.facts) from error
        return _parse_answer(bytes(answer))


def _fill(file: IO[bytes], content: bytes) -> None:
    file.write(content)
    file.flush()


def _parse_answer(answer: bytes) -> _Answer:
    """Return what the child printed; it has read hostile bytes, so everything is checked."""
    line, _, rest = answer.partition(b"\n")
    try:
        values = json.loads(line)
        stills, at = [], 0
        for nominal, ending, width, height, size_bytes in values["stills"]:
            if ending not in {"webp", "jpg"} or int(size_bytes) < 1:
                raise InvalidMedia("The answer names a still that nobody asked for.")
            content = rest[at : at + int(size_bytes)]
            stills.append(Still(str(int(nominal)), ending, int(width), int(height), content))
            at += int(size_bytes)
        facts, luma = parse_image(values["image"]), float(values["luma"])
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidMedia("The answer about a picture cannot be read.") from error
    if at != len(rest):
        raise InvalidMedia("The answer about a picture is cut short.")
    return _Answer(facts, luma, tuple(stills))
