"""What to make of an original, and in which pieces: pure decisions.

1. The ladder comes from `media.ladder`; a poster and thumbnails go with every picture.
2. A run is a stretch of missing segments, at most as long as the settings say: the piece of work
   that a crash repeats.
3. Names are what people and addresses say: `720p`, `audio`, `poster`, `thumbnail-320`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rushes.media.facts import MediaInfo, MediaKind
from rushes.media.grid import Grid
from rushes.media.ladder import Quality, Rung, plan_ladder
from rushes.renditions.rendition import Kind

AUDIO: Final = "audio"
POSTER: Final = "poster"
POSTER_WIDTH: Final = 1_280
THUMBNAILS: Final = (320, 640)
PREVIEWS: Final = (320, 640, 1_280, 2_560)

STILL_FORMATS: Final = {"webp": "image/webp", "jpg": "image/jpeg"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One rendition that should exist; sizes in pixels, 0 where there is no picture."""

    name: str
    kind: Kind
    file_name: str
    media_type: str
    width: int = 0
    height: int = 0
    segments: int = 0


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
    if info.kind is MediaKind.VIDEO and grid is not None:
        return [*_stills(info), *(_proxy(rung, grid) for rung in rungs)]
    if info.kind is MediaKind.AUDIO:
        return [Wanted(AUDIO, Kind.AUDIO, "audio.m4a", "audio/mp4", segments=sound_segments)]
    if info.image is not None:
        return _previews(info.image.width, info.image.height)
    return []


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


def fit_width(width: int, height: int, widest: int) -> tuple[int, int]:
    """Return the size of a picture that is at most `widest` wide and never grows."""
    if width <= widest:
        return width, height
    return widest, max(1, round(height * widest / width))


def _proxy(rung: Rung, grid: Grid) -> Wanted:
    file_name = f"{rung.quality.value}.mp4"
    size = (rung.width, rung.height)
    return Wanted(
        rung.quality.value, Kind.PROXY, file_name, "video/mp4", *size, segments=grid.count
    )


def _stills(info: MediaInfo) -> list[Wanted]:
    if info.video is None:
        return []
    width, height = info.video.display_size
    sizes = {POSTER: POSTER_WIDTH} | {f"thumbnail-{wide}": wide for wide in THUMBNAILS}
    return [
        _still(name, ending, *fit_width(width, height, widest))
        for name, widest in sizes.items()
        for ending in STILL_FORMATS
    ]


def _previews(width: int, height: int) -> list[Wanted]:
    """Return the previews of an image: the narrowest always, a wider one while it shows more."""
    widths = [
        wide for wide, narrower in zip(PREVIEWS, (0, *PREVIEWS), strict=False) if narrower < width
    ]
    return [
        _still(f"preview-{wide}", ending, *fit_width(width, height, wide))
        for wide in widths
        for ending in STILL_FORMATS
    ]


def _still(name: str, ending: str, width: int, height: int) -> Wanted:
    full = name if ending == "webp" else f"{name}-{ending}"
    return Wanted(full, Kind.STILL, f"{name}.{ending}", STILL_FORMATS[ending], width, height)
