"""Stills: which pictures are taken from an original, how wide, and under which names.

A poster is taken at a tenth of the duration; a dark one (mean luma below 16) is tried again at
20, 50 and 5 percent, and the brightest wins. Stills are made in a few fixed widths, up to the
first that holds the picture whole; none is wider than the picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from rushes.media.facts import MediaKind, VideoFacts
from rushes.media.failures import FormatNotAllowed

POSTER_WIDTH: Final = 1_280
THUMBNAIL_WIDTHS: Final = (320, 640)
POSTER_WIDTHS: Final = (*THUMBNAIL_WIDTHS, POSTER_WIDTH)
PREVIEW_WIDTHS: Final = (320, 640, 1_280, 2_560)
POSTER_PLACES: Final = (Fraction(1, 10), Fraction(1, 5), Fraction(1, 2), Fraction(1, 20))
DARK_BELOW: Final = 16

IMAGE_FORMATS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "jpeg": "JPEG",
        "png": "PNG",
        "webp": "WEBP",
        "gif": "GIF",
        "avif": "AVIF",
        "tiff": "TIFF",
        "bmp": "BMP",
        "heic": "HEIF",
        "pdf": "PDF",
        **dict.fromkeys(("cr2", "cr3", "nef", "arw", "dng", "raf"), "RAW"),
    }
)
"""Sniffed format -> what may read it: one Pillow plugin, pdfium, or the reader of camera RAW."""

RAW_FORMATS: Final = frozenset(name for name, plugin in IMAGE_FORMATS.items() if plugin == "RAW")
MOVING_FORMATS: Final = frozenset({"gif", "webp", "png", "avif"})
"""Formats whose frames follow one another in time; those of TIFF are pages."""

MOTION: Final = "motion"
MOTION_WIDTH: Final = 640


@dataclass(frozen=True, slots=True)
class Still:
    """A still that was made; its name is without ending."""

    name: str
    ending: str
    width: int
    height: int
    content: bytes = field(repr=False)

    @property
    def file_name(self) -> str:
        """Return for example `poster.webp`."""
        return f"{self.name}.{self.ending}"


def image_format_of(sniffed: str) -> str:
    """Return the plugin for a sniffed format, or raise FormatNotAllowed."""
    if sniffed not in IMAGE_FORMATS:
        raise FormatNotAllowed("Pictures of this format are not opened here.")
    return IMAGE_FORMATS[sniffed]


def kind_of(sniffed: str) -> MediaKind:
    """Return what people call a picture of this format."""
    if sniffed in RAW_FORMATS:
        return MediaKind.RAW
    return MediaKind.PDF if sniffed == "pdf" else MediaKind.IMAGE


def is_moving(sniffed: str, frames: int) -> bool:
    """Say whether a picture of this format and so many frames moves."""
    return frames > 1 and sniffed in MOVING_FORMATS


def name_previews(stills: Sequence[Still]) -> tuple[Still, ...]:
    """Return the stills of an image as `preview-320`, `preview-640` ...; what moves is `motion`."""
    return tuple(
        still if still.name == MOTION else replace(still, name=f"preview-{still.name}")
        for still in stills
    )


def name_poster(stills: Sequence[Still]) -> tuple[Still, ...]:
    """Return the stills of a video: the widest as `poster`, and `thumbnail-320`, `thumbnail-640`.

    Where the picture is narrower than a thumbnail, its widest still takes the name too.
    """
    named = []
    for ending in dict.fromkeys(still.ending for still in stills):
        same = sorted((s for s in stills if s.ending == ending), key=lambda s: s.width)
        named.append(replace(same[-1], name="poster"))
        for nominal in THUMBNAIL_WIDTHS:
            fitting = [still for still in same if still.width <= nominal]
            named.append(replace(fitting[-1] if fitting else same[0], name=f"thumbnail-{nominal}"))
    return tuple(named)


def poster_times(duration: Fraction) -> tuple[Fraction, ...]:
    """Return the seconds after the first picture at which to look, the best first."""
    return tuple(duration * place for place in POSTER_PLACES)


def poster_size(video: VideoFacts) -> tuple[int, int]:
    """Return the size of the picture from which poster and thumbnails are made."""
    width, height = video.display_size
    factor = min(Fraction(1), Fraction(POSTER_WIDTH, width))
    return max(1, round(width * factor)), max(1, round(height * factor))
