"""The boxed child that turns one picture into stills with Pillow.

Runs as `python -I image.py PLUGIN WIDTHS` with the picture as descriptor 0; WIDTHS are rising, with
commas between. A still is made for each, up to the first that holds the picture whole; no widths,
no stills. It prints one JSON line, then the bytes of each still in that order. It imports nothing
of ours, because the box holds nothing of ours. Orientation is applied once, colours become sRGB,
and no metadata is carried over (not even where a picture was taken).
"""

from __future__ import annotations

import io
import json
import sys
from typing import Any, Final

from PIL import Image, ImageCms, ImageOps, ImageStat

TRUNCATED, INVALID, OUT_OF_MEMORY, TOO_MANY_PIXELS = 70, 73, 75, 76

PIXELS_AT_MOST: Final = 100_000_000
SIDE_AT_MOST: Final = 65_535
FRAMES_AT_MOST: Final = 1_000
WEBP_QUALITY: Final = 80
JPEG_QUALITY: Final = 82
SIXTEEN_TO_EIGHT: Final = 1 / 256
ORIENTATION: Final = 0x0112  # the EXIF tag
SIDEWAYS: Final = frozenset({5, 6, 7, 8})
LANCZOS: Final = Image.Resampling.LANCZOS


def main(arguments: list[str]) -> int:
    """Print the stills of descriptor 0 and return an exit status."""
    plugin, widths = arguments[0], [int(width) for width in arguments[1].split(",") if width]
    Image.MAX_IMAGE_PIXELS = None  # the limit stands below, and is never only a warning
    try:
        with open(0, "rb", closefd=False) as raw, Image.open(raw, formats=[plugin]) as picture:
            if _is_too_large(picture):
                return TOO_MANY_PIXELS
            answer, stills = _make(picture, widths)
    except MemoryError:
        return OUT_OF_MEMORY
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        print(type(error).__name__, file=sys.stderr)  # noqa: T201 - the last words
        return TRUNCATED if "truncated" in str(error) else INVALID
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + b"".join(stills))
    return 0


def _is_too_large(picture: Image.Image) -> bool:
    frames = getattr(picture, "n_frames", 1)
    return (
        picture.width * picture.height > PIXELS_AT_MOST
        or max(picture.size) > SIDE_AT_MOST
        or frames > FRAMES_AT_MOST
    )


def _make(picture: Image.Image, widths: list[int]) -> tuple[dict[str, Any], list[bytes]]:
    frames = getattr(picture, "n_frames", 1)
    is_turned = picture.getexif().get(ORIENTATION, 1) in SIDEWAYS
    width, height = picture.size[::-1] if is_turned else picture.size
    largest = max(widths, default=64)
    picture.draft("RGB", (largest, largest))  # JPEG: decode at a fraction of the size
    ready = _srgb(ImageOps.exif_transpose(picture))
    rows: list[list[object]] = []
    stills = []
    for nominal in widths:
        size = _fitted(ready.size, min(nominal, width))
        small = ready if size == ready.size else ready.resize(size, LANCZOS)
        for ending, content in (("webp", _webp(small)), ("jpg", _jpeg(small))):
            rows.append([nominal, ending, *size, len(content)])
            stills.append(content)
        if nominal >= width:
            break
    luma = ImageStat.Stat(ready.convert("L").resize((64, 64))).mean[0]
    facts = {"width": width, "height": height, "frames": frames, "alpha": ready.mode == "RGBA"}
    return {"image": facts, "luma": luma, "stills": rows}, stills


def _fitted(size: tuple[int, int], width: int) -> tuple[int, int]:
    width = min(width, size[0])
    return width, max(1, round(size[1] * width / size[0]))


def _srgb(picture: Image.Image) -> Image.Image:
    """Return the picture as RGB or RGBA in sRGB."""
    profile = picture.info.get("icc_profile")
    has_alpha = picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info
    if picture.mode.startswith("I"):
        picture = picture.point(lambda value: value * SIXTEEN_TO_EIGHT).convert("L")
    if profile and picture.mode in {"RGB", "RGBA", "L", "CMYK"} and not has_alpha:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            mapped = ImageCms.profileToProfile(picture, source, target, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            mapped = None
        if mapped is not None:
            return mapped
    return picture.convert("RGBA" if has_alpha else "RGB")


def _webp(picture: Image.Image) -> bytes:
    held = io.BytesIO()
    picture.save(held, "WEBP", quality=WEBP_QUALITY, method=4, exif=b"", icc_profile=b"")
    return held.getvalue()


def _jpeg(picture: Image.Image) -> bytes:
    held = io.BytesIO()
    if picture.mode == "RGBA":
        paper = Image.new("RGB", picture.size, "white")
        paper.paste(picture, mask=picture.getchannel("A"))
        picture = paper
    picture.save(held, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)
    return held.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
