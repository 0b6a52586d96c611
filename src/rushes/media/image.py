"""The boxed child that turns one picture into stills with Pillow.

Runs as `python -I image.py ORDER` with the picture as descriptor 0; ORDER is a JSON object of the
fields of `Order`. A still is made for each width in each format, up to the first width that holds
the picture whole; no widths, no stills. It prints one JSON line, then the bytes of each still in
that order. It imports nothing of ours, because the box holds nothing of ours. Orientation is
applied once, colours become sRGB, and no metadata is carried over (not even where a picture was
taken). Libraries for pages, HEIC and camera RAW are loaded for such an order only.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from PIL import Image, ImageCms, ImageOps, ImageStat

TRUNCATED, NO_DECODER, INVALID, OUT_OF_MEMORY, TOO_MANY_PIXELS = 70, 72, 73, 75, 76

PIXELS_AT_MOST: Final = 100_000_000
SIDE_AT_MOST: Final = 65_535
FRAMES_AT_MOST: Final = 1_000
MOVING_PIXELS_AT_MOST: Final = 60_000_000
"""Of all frames of a moving preview together: about the work of four large stills."""

PAGE_WIDTH: Final = 1_600
PAGE_SIDE_AT_MOST: Final = 6_400
WEBP_QUALITY: Final = 80
AVIF_QUALITY: Final = 60
JPEG_QUALITY: Final = 82
FRAME_MILLISECONDS: Final = 100
SIXTEEN_TO_EIGHT: Final = 1 / 256
ORIENTATION: Final = 0x0112  # the EXIF tag
SIDEWAYS: Final = frozenset({5, 6, 7, 8})
LANCZOS: Final = Image.Resampling.LANCZOS
SMOOTH: Final = frozenset({"RGB", "RGBA", "L", "LA", "CMYK"})
"""Modes that are made smaller as they are; the others become ordinary first."""

TURNS: Final = {  # EXIF 2.32, section 4.6.4: what brings each orientation upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class NoDecoder(Exception):
    """The library that reads this is not installed."""


class TooMany(Exception):
    """There are more pixels or frames than a picture is worth."""


@dataclass(frozen=True)
class Order:
    """What is wanted.

    `plugin` is a Pillow format, `PDF` or `RAW`. `length` bytes from `offset` on are the picture; 0
    is all of it. `orientation` wins over what the picture says, 0 does not. `motion` is the width
    of a moving preview, 0 for none.
    """

    plugin: str
    widths: list[int] = field(default_factory=list)
    formats: list[str] = field(default_factory=list)
    offset: int = 0
    length: int = 0
    orientation: int = 0
    motion: int = 0
    half: bool = False


@dataclass(frozen=True)
class Opened:
    """A picture and what it does not say itself: its pages."""

    picture: Image.Image
    pages: int = 0


def main(arguments: list[str]) -> int:
    """Print the stills of descriptor 0 and return an exit status."""
    order = Order(**json.loads(arguments[0]))
    Image.MAX_IMAGE_PIXELS = None  # the limit stands below, and is never only a warning
    try:
        with open(0, "rb", closefd=False) as raw:
            opened = OPENERS.get(order.plugin, _open_picture)(raw, order)
            answer, stills = _make(opened, order)
    except NoDecoder as missing:
        print(missing, file=sys.stderr)  # noqa: T201 - the last words
        return NO_DECODER
    except TooMany:
        return TOO_MANY_PIXELS
    except MemoryError:
        return OUT_OF_MEMORY
    except (OSError, SyntaxError, ValueError, EOFError, RuntimeError) as error:
        print(type(error).__name__, file=sys.stderr)  # noqa: T201 - the last words
        return TRUNCATED if "truncated" in str(error) else INVALID
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + b"".join(stills))
    return 0


def _open_picture(raw: Any, order: Order) -> Opened:
    if order.length:
        raw = io.BytesIO(os.pread(0, order.length, order.offset))
    return Opened(Image.open(raw, formats=[order.plugin]))


def _open_heif(raw: Any, order: Order) -> Opened:
    _load("pillow_heif").register_heif_opener(thumbnails=False)
    return _open_picture(raw, order)


def _open_page(raw: Any, _order: Order) -> Opened:
    """Return the first page, 1,600 pixels wide."""
    pdf = _load("pypdfium2").PdfDocument(raw)
    if not len(pdf):
        raise ValueError("no page")
    page = pdf[0]
    width, height = page.get_size()
    scale = min(PAGE_WIDTH / max(width, 1), PAGE_SIDE_AT_MOST / max(height, 1))
    return Opened(page.render(scale=scale).to_pil().convert("RGB"), len(pdf))


def _open_raw(raw: Any, order: Order) -> Opened:
    """Return what the camera's sensor saw, developed with the camera's white balance."""
    library = _load("rawpy")
    try:
        with library.imread(raw) as opened:
            if opened.sizes.raw_width * opened.sizes.raw_height > PIXELS_AT_MOST:
                raise TooMany
            pixels = opened.postprocess(use_camera_wb=True, half_size=order.half, output_bps=8)
    except library.LibRawError as error:
        raise ValueError("not developed") from error
    return Opened(Image.fromarray(pixels))


OPENERS: Final[dict[str, Callable[[Any, Order], Opened]]] = {
    "HEIF": _open_heif,
    "PDF": _open_page,
    "RAW": _open_raw,
}


def _load(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise NoDecoder(f"{name} is not installed.") from None


def _check_size(picture: Image.Image) -> int:
    """Return the number of frames; the header alone was read so far."""
    frames: int = getattr(picture, "n_frames", 1)
    if (
        picture.width * picture.height > PIXELS_AT_MOST
        or max(picture.size) > SIDE_AT_MOST
        or frames > FRAMES_AT_MOST
    ):
        raise TooMany
    return frames


def _make(opened: Opened, order: Order) -> tuple[dict[str, Any], list[bytes]]:
    picture = opened.picture
    frames = _check_size(picture)
    turn = order.orientation or picture.getexif().get(ORIENTATION, 1)
    width, height = picture.size[::-1] if turn in SIDEWAYS else picture.size
    largest = max(order.widths, default=64)
    picture.draft("RGB", (largest, largest))  # JPEG: decode at a fraction of the size
    ready = _upright(picture, order, largest)
    rows: list[list[object]] = []
    stills = []
    for nominal in order.widths:
        size = _fitted(ready.size, min(nominal, width))
        small = ready if size == ready.size else ready.resize(size, LANCZOS, reducing_gap=3)
        for ending in order.formats:
            content = WRITERS[ending](small)
            rows.append([str(nominal), ending, *size, len(content)])
            stills.append(content)
        if nominal >= width:
            break
    if order.motion and frames > 1:
        size, content = _move(picture, frames, order.motion)
        rows.append(["motion", "webp", *size, len(content)])
        stills.append(content)
    luma = ImageStat.Stat(ready.convert("L").resize((64, 64))).mean[0]
    facts = {"width": width, "height": height, "frames": frames, "alpha": ready.mode == "RGBA"}
    return {"image": facts | {"pages": opened.pages}, "luma": luma, "stills": rows}, stills


def _upright(picture: Image.Image, order: Order, largest: int) -> Image.Image:
    """Return the picture upright, in sRGB, and no wider than is wanted."""
    picture.load()
    profile = picture.info.get("icc_profile")
    turned: Image.Image = (
        picture.transpose(TURNS[order.orientation])
        if order.orientation in TURNS
        else picture.copy()
        if order.orientation
        else ImageOps.exif_transpose(picture)
    )
    if "transparency" in turned.info:
        turned = turned.convert("RGBA")
    if turned.mode in SMOOTH and turned.width > largest:
        turned = turned.resize(_fitted(turned.size, largest), LANCZOS, reducing_gap=3)
    return _srgb(turned, profile)


def _fitted(size: tuple[int, int], width: int) -> tuple[int, int]:
    width = min(width, size[0])
    return width, max(1, round(size[1] * width / size[0]))


def _srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture as RGB or RGBA in sRGB."""
    if picture.mode.startswith("I"):
        picture = picture.point(lambda value: value * SIXTEEN_TO_EIGHT).convert("L")
    if picture.mode in {"RGBA", "LA", "PA"}:
        picture = picture.convert("RGBA")
        opaque = _srgb(picture.convert("RGB"), profile)
        opaque.putalpha(picture.getchannel("A"))
        return opaque
    if profile and picture.mode in {"RGB", "L", "CMYK"}:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            mapped = ImageCms.profileToProfile(picture, source, target, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            mapped = None
        if mapped is not None:
            return mapped
    return picture.convert("RGB")


def _move(picture: Image.Image, frames: int, width: int) -> tuple[tuple[int, int], bytes]:
    """Return a moving preview; what is too long is shown from its beginning."""
    size = _fitted(picture.size, width)
    shown = max(2, min(frames, MOVING_PIXELS_AT_MOST // (size[0] * size[1])))
    pictures, times = [], []
    for frame in range(shown):
        picture.seek(frame)
        pictures.append(picture.convert("RGBA").resize(size, LANCZOS, reducing_gap=3))
        times.append(int(picture.info.get("duration") or FRAME_MILLISECONDS))
    held = io.BytesIO()
    pictures[0].save(
        held,
        "WEBP",
        save_all=True,
        append_images=pictures[1:],
        duration=times,
        loop=0,
        quality=WEBP_QUALITY,
        method=2,
    )
    return size, held.getvalue()


def _webp(picture: Image.Image) -> bytes:
    held = io.BytesIO()
    picture.save(held, "WEBP", quality=WEBP_QUALITY, method=2, exif=b"", icc_profile=b"")
    return held.getvalue()


def _avif(picture: Image.Image) -> bytes:
    held = io.BytesIO()
    picture.save(held, "AVIF", quality=AVIF_QUALITY, speed=8, exif=b"", icc_profile=b"")
    return held.getvalue()


def _jpeg(picture: Image.Image) -> bytes:
    held = io.BytesIO()
    if picture.mode == "RGBA":
        paper = Image.new("RGB", picture.size, "white")
        paper.paste(picture, mask=picture.getchannel("A"))
        picture = paper
    picture.save(held, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)
    return held.getvalue()


WRITERS: Final = {"webp": _webp, "jpg": _jpeg, "avif": _avif}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
