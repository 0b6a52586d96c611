"""The storyboard: which moments it shows, how large, and the WebVTT that tells where each stands.

A tile for every 2 s, or for every 400th of what is longer; ten times ten tiles on a sheet. A tile
keeps the shape of its picture and is 160 pixels on its longer side.
Source of the address form: Media Fragments URI 1.0, section 4.2.2 (`#xywh=`), inside WebVTT.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Final

from rushes.media.facts import VideoFacts

NAME: Final = "storyboard"
FILE_NAME: Final = f"{NAME}.vtt"
TILE_SIDE: Final = 160
ACROSS: Final = 10
TILES_OF_SHEET: Final = ACROSS * ACROSS
TILES_AT_MOST: Final = 400
STEP_AT_LEAST: Final = Fraction(2)


@dataclass(frozen=True, slots=True)
class Board:
    """`count` tiles of this size in pixels, one for every `step` seconds of `duration`."""

    count: int
    step: Fraction
    duration: Fraction
    width: int
    height: int

    @property
    def sheets(self) -> int:
        """Return how many sheets there are."""
        return ceil(self.count / TILES_OF_SHEET)

    def sheet_size(self, sheet: int) -> tuple[int, int]:
        """Return the pixels of a sheet, counted from 0; the last one ends with its last tile."""
        tiles = min(TILES_OF_SHEET, self.count - sheet * TILES_OF_SHEET)
        return min(tiles, ACROSS) * self.width, ceil(tiles / ACROSS) * self.height


def sheet_name(sheet: int) -> str:
    """Return the name of a sheet, without its ending: people count from 1."""
    return f"{NAME}-{sheet + 1}"


def plan_board(video: VideoFacts) -> Board:
    """Return the storyboard of a picture."""
    duration = max(video.duration, Fraction(1, 1_000))
    step = max(STEP_AT_LEAST, duration / TILES_AT_MOST)
    width, height = video.display_size
    scale = Fraction(TILE_SIDE, max(width, height, 1))
    return Board(
        count=max(1, ceil(duration / step)),
        step=step,
        duration=duration,
        width=max(2, round(width * scale)),
        height=max(2, round(height * scale)),
    )


def format_vtt(board: Board) -> str:
    """Return the WebVTT file: one cue for each tile, with its place on its sheet."""
    lines = ["WEBVTT", ""]
    for tile in range(board.count):
        sheet, place = divmod(tile, TILES_OF_SHEET)
        row, column = divmod(place, ACROSS)
        begin, end = board.step * tile, min(board.step * (tile + 1), board.duration)
        box = (column * board.width, row * board.height, board.width, board.height)
        lines += [
            f"{_time(begin)} --> {_time(end)}",
            f"{sheet_name(sheet)}.jpg#xywh={','.join(map(str, box))}",
            "",
        ]
    return "\n".join(lines)


def _time(seconds: Fraction) -> str:
    whole, thousandths = divmod(round(seconds * 1_000), 1_000)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02}:{minute:02}:{second:02}.{thousandths:03}"
