"""What to make of an original, and in which pieces: pure decisions.

1. The ladder comes from `media.ladder`; a poster and thumbnails go with every picture.
2. A run is a stretch of missing segments, at most as long as the settings say: the piece of work
   that a crash repeats.
3. Names are what people and addresses say: `720p`, `audio`, `poster`, `thumbnail-320`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rushes.media.board import FILE_NAME as BOARD_FILE
from rushes.media.board import NAME as BOARD_NAME
from rushes.media.board import Board, plan_board, sheet_name
from rushes.media.facts import ImageFacts, MediaInfo, MediaKind, VideoFacts
from rushes.media.grid import Grid
from rushes.media.ladder import Quality, Rung, plan_ladder
from rushes.media.recipe import SEEN
from rushes.media.stills import (
    MOTION,
    MOTION_WIDTH,
    POSTER_WIDTH,
    POSTER_WIDTHS,
    PREVIEW_WIDTHS,
    THUMBNAIL_WIDTHS,
    is_moving,
    poster_size,
)
from rushes.media.wave import FILE_NAME as WAVE_FILE
from rushes.media.wave import NAME as WAVE_NAME
from rushes.media.wave import PICTURE_SIZE
from rushes.renditions.rendition import Kind

AUDIO: Final = "audio"
SOUND_TYPE: Final = "audio/mp4"
MP3: Final = "audio-mp3"
STILL_TYPES: Final = {"webp": "image/webp", "jpg": "image/jpeg"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One rendition that should exist; sizes in pixels, 0 where there is no picture.

    `is_resting`: it is made when somebody asks for it.
    """

    name: str
    kind: Kind
    file_name: str
    media_type: str
    width: int = 0
    height: int = 0
    segments: int = 0
    recipe: str = SEEN
    is_resting: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """Segments first .. first+count-1."""

    first: int
    count: int


def plan_rungs(info: MediaInfo, top: Quality) -> tuple[Rung, ...]:
    """Return the rungs of a video up to `top`, lowest first; the lowest is always there.

    Raises:
        InvalidMedia: the picture is too small for a video.
    """
    if info.video is None:
        return ()
    rungs = plan_ladder(*info.video.display_size, info.video.frame_rate)
    allowed = tuple(rung for rung in rungs if rung.quality.height <= top.height)
    return allowed or rungs[:1]


def plan_renditions(
    info: MediaInfo, rungs: Sequence[Rung], grid: Grid | None, sound_segments: int
) -> list[Wanted]:
    """Return everything that is made of an original, in the order in which people need it."""
    if info.video is not None and grid is not None:
        return [
            *_posters(info.video),
            *(_proxy(rung, grid) for rung in rungs),
            *_storyboard(plan_board(info.video)),
        ]
    if info.kind is MediaKind.AUDIO:
        sound = Wanted(AUDIO, Kind.AUDIO, "audio.m4a", SOUND_TYPE, segments=sound_segments)
        return [sound, *_heard()]
    if info.image is not None:
        moves = is_moving(info.container, info.image.frames)
        return [*_previews(info.image), *([_motion(info.image)] if moves else [])]
    return _lights() if info.sequence is not None and info.sequence.is_show else []


def plan_track(name: str, segments: int) -> Wanted:
    """Return a further sound of a film: a file of its own, made once for all qualities."""
    return Wanted(name, Kind.TRACK, f"{name}.m4a", SOUND_TYPE, segments=segments)


def plan_runs(missing: Sequence[int], longest: int) -> list[Stretch]:
    """Return the stretches that cover the missing segments, in their order.

    Args:
        missing: indices in rising order.
        longest: how many segments one run makes at most.
    """
    runs: list[Stretch] = []
    for index in missing:
        last = runs[-1] if runs else None
        if last and index == last.first + last.count and last.count < longest:
            runs[-1] = Stretch(last.first, last.count + 1)
        else:
            runs.append(Stretch(index, 1))
    return runs


def _proxy(rung: Rung, grid: Grid) -> Wanted:
    file_name = f"{rung.quality.value}.mp4"
    size = (rung.width, rung.height)
    return Wanted(
        rung.quality.value, Kind.PROXY, file_name, "video/mp4", *size, segments=grid.count
    )


def _posters(video: VideoFacts) -> list[Wanted]:
    """Return poster and thumbnails; the widest that the picture fills is the poster."""
    width, height = poster_size(video)
    *narrower, widest = _widths(POSTER_WIDTHS, width)
    names = {f"thumbnail-{wide}": wide for wide in narrower} | {"poster": widest}
    return _stills(names, width, height)


def _storyboard(board: Board) -> list[Wanted]:
    map_of_it = Wanted(BOARD_NAME, Kind.STORYBOARD, BOARD_FILE, "text/vtt")
    return [
        *(
            Wanted(name, Kind.STORYBOARD, f"{name}.jpg", "image/jpeg", *board.sheet_size(number))
            for number, name in enumerate(map(sheet_name, range(board.sheets)))
        ),
        map_of_it,
    ]


def _heard() -> list[Wanted]:
    """Return what is made by listening: numbers, pictures of them, and a copy for every program."""
    names = {f"thumbnail-{wide}": wide for wide in THUMBNAIL_WIDTHS} | {"poster": POSTER_WIDTH}
    return [
        Wanted(WAVE_NAME, Kind.WAVEFORM, WAVE_FILE, "application/json"),
        *(replace(still, kind=Kind.WAVEFORM) for still in _stills(names, *PICTURE_SIZE)),
        Wanted(MP3, Kind.WAVEFORM, "audio.mp3", "audio/mpeg"),
    ]


def _lights() -> list[Wanted]:
    """Return the pictures of a show: its heat map in every size, and its liveliest seconds."""
    names = (*(f"thumbnail-{wide}" for wide in THUMBNAIL_WIDTHS), "poster")
    return [
        *(_still(name, ending, 0, 0) for name in names for ending in STILL_TYPES),
        Wanted(still_name("heatmap.png"), Kind.STILL, "heatmap.png", "image/png"),
        _still(MOTION, "webp", 0, 0),
    ]


def _previews(image: ImageFacts) -> list[Wanted]:
    names = {f"preview-{wide}": wide for wide in _widths(PREVIEW_WIDTHS, image.width)}
    return _stills(names, image.width, image.height)


def _motion(image: ImageFacts) -> Wanted:
    width = min(MOTION_WIDTH, image.width)
    return _still(MOTION, "webp", width, max(1, round(image.height * width / image.width)))


def _widths(widths: Sequence[int], width: int) -> list[int]:
    """Return the widths up to the first that holds the picture whole; there is always one."""
    return [wide for wide, narrower in zip(widths, (0, *widths), strict=False) if narrower < width]


def _stills(names: Mapping[str, int], width: int, height: int) -> list[Wanted]:
    return [
        _still(name, ending, min(wide, width), max(1, round(height * min(wide, width) / width)))
        for name, wide in names.items()
        for ending in STILL_TYPES
    ]


def _still(name: str, ending: str, width: int, height: int) -> Wanted:
    file_name = f"{name}.{ending}"
    return Wanted(still_name(file_name), Kind.STILL, file_name, STILL_TYPES[ending], width, height)


def still_name(file_name: str) -> str:
    """Return a still's name: `poster` for poster.webp, `poster-jpg` for poster.jpg."""
    name, _, ending = file_name.rpartition(".")
    return name if ending == "webp" else f"{name}-{ending}"
