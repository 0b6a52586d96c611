"""The gallery: stills of videos and shows; a boxed tool takes a picture, the darkroom the rest."""

from __future__ import annotations

import asyncio
import json
import tempfile
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import IO, Final

from rushes.media import ffmpeg
from rushes.media.board import (
    ACROSS,
    NAME,
    TILES_OF_SHEET,
    Board,
    format_vtt,
    plan_board,
    sheet_name,
)
from rushes.media.box import Work, limits_for
from rushes.media.child import ANSWER_BYTES_AT_MOST, ask
from rushes.media.color import UNGRADED, Grade, matrix_of
from rushes.media.darkroom import Answer, Darkroom, Order
from rushes.media.facts import MediaInfo
from rushes.media.failures import DecodeFailed, InvalidMedia, NoStream
from rushes.media.show import HEATMAP, Show
from rushes.media.stills import (
    DARK_BELOW,
    POSTER_WIDTHS,
    Still,
    name_poster,
    poster_size,
    poster_times,
)
from rushes.media.tool import open_table, run
from rushes.media.toolbox import Toolbox

BOARD_THREADS: Final = 2
"""Of a storyboard: seeks of one wait while the other decodes."""


@dataclass(frozen=True, slots=True)
class Gallery:
    """Makes stills; `folder` takes the pictures between two tools."""

    tools: Toolbox
    folder: Path

    @property
    def darkroom(self) -> Darkroom:
        """Where single pictures become stills."""
        return Darkroom(self.tools)

    async def poster(
        self, original: Path, facts: MediaInfo, grade: Grade = UNGRADED
    ) -> tuple[Still, ...]:
        """Return poster and thumbnails of a video, as WebP and JPEG; the brightest of the tries."""
        if facts.video is None:
            raise NoStream("There is no picture in it.")
        best: Answer | None = None
        for at in (*poster_times(facts.video.duration), Fraction(0)):
            answer = await self._try_poster(original, facts, at, grade)
            if answer is not None and (best is None or answer.luma > best.luma):
                best = answer
            if best is not None and best.luma >= DARK_BELOW:
                break
        if best is None:
            raise DecodeFailed("No picture of it could be decoded for a poster.")
        return name_poster(best.stills)

    async def _try_poster(
        self, original: Path, facts: MediaInfo, at: Fraction, grade: Grade
    ) -> Answer | None:
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

        limits = limits_for(Work.STILL, video.width * video.height)
        try:
            with open_table(None if grade.hald is None else grade.hald.content) as table:
                arguments = ffmpeg.still_arguments(facts, at, poster_size(video), grade, table)
                job = self.tools.ffmpeg_run(arguments, limits, original)
                await run(replace(job, held=() if table < 0 else (table,)), keep)
        except DecodeFailed:
            return None
        return await self._develop(bytes(picture), "BMP") if picture else None

    async def of_show(self, original: Path, sniffed: str) -> tuple[Still, ...]:
        """Return the pictures of a light sequence, and its heat map as poster and thumbnails."""
        pictures = await Show(self.tools).pictures(original, sniffed)
        heat = next((still for still in pictures if still.name == HEATMAP), None)
        if heat is None:
            return ()
        answer = await self._develop(heat.content, "PNG")
        return (*name_poster(answer.stills), *pictures)

    async def _develop(self, picture: bytes, plugin: str) -> Answer:
        """Return the stills of a picture that a tool has made."""
        await asyncio.to_thread(self.folder.mkdir, parents=True, exist_ok=True)
        # A file without a name: nothing is left of it, however this process ends.
        with tempfile.TemporaryFile(dir=self.folder) as held:
            await asyncio.to_thread(_fill, held, picture)
            picture_of_it = Path(f"/dev/fd/{held.fileno()}")
            return await self.darkroom.make(picture_of_it, Order(plugin, POSTER_WIDTHS))

    async def storyboard(
        self, original: Path, facts: MediaInfo, grade: Grade = UNGRADED
    ) -> tuple[Still, ...]:
        """Return the storyboard of a video: its sheets, and the WebVTT that tells of them."""
        video = facts.video
        if video is None:
            raise NoStream("There is no picture in it.")
        board = plan_board(video)
        shots: dict[str, object] = {
            "start": str(video.start),
            "duration": str(board.duration),
            "step": str(board.step),
            "count": board.count,
            "tile": [board.width, board.height],
            "across": ACROSS,
            "of_sheet": TILES_OF_SHEET,
            "rotation": video.rotation,
            "matrix": matrix_of(video.matrix, video.height, grade.treatment.look),
            "table": None,
            "threads": BOARD_THREADS,
        }
        demuxer, held = ffmpeg.demuxer_of(facts.container), tuple[int, ...]()
        with open_table(None if grade.hald is None else grade.hald.content) as table:
            if grade.hald is not None:
                shots["table"], held = [table, grade.hald.side], (table,)
            arguments = [demuxer, json.dumps(shots)]
            answer = await ask(
                self.tools,
                self.tools.storyboard,
                arguments,
                Work.STORYBOARD,
                original,
                held=held,
            )
        return (*_parse_sheets(answer, board), _format_map(board))


def _parse_sheets(answer: bytes, board: Board) -> list[Still]:
    """Return the sheets that the child printed; it has read hostile bytes."""
    line, _, rest = answer.partition(b"\n")
    try:
        sizes = [int(size) for size in json.loads(line)["sheets"]]
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidMedia("The answer about a storyboard cannot be read.") from error
    if len(sizes) != board.sheets or sum(sizes) != len(rest) or min(sizes) < 1:
        raise InvalidMedia("The answer about a storyboard is cut short.")
    ends = list(accumulate(sizes))
    return [
        Still(sheet_name(number), "jpg", *board.sheet_size(number), rest[end - size : end])
        for number, (size, end) in enumerate(zip(sizes, ends, strict=True))
    ]


def _format_map(board: Board) -> Still:
    return Still(NAME, "vtt", 0, 0, format_vtt(board).encode())


def _fill(file: IO[bytes], content: bytes) -> None:
    file.write(content)
    file.flush()
