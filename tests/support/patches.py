"""Films of flat patches whose signals are known, and what is seen of them in a file."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.video.frame import VideoFrame

PATCH = 40
"""Pixels of a side of a patch: chroma at half the size has room inside it."""

Signal = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Tags:
    """How a film is tagged, by ITU-T H.273; what its samples mean is `matrix` and `is_full`."""

    primaries: int = 2
    transfer: int = 2
    matrix: int = 2
    is_full: bool = False


WEIGHTS = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 9: (0.2627, 0.0593)}
"""Of red and blue in luma, by matrix."""


def write_patches(
    path: Path,
    patches: Sequence[Signal],
    tags: Tags,
    matrix: int,
    alphas: Sequence[float] = (),
) -> Path:
    """Write ten pictures of patches in a row, ten bits, without loss; `matrix` is the true one.

    `alphas` say how much of each patch is seen; without them all of it is.
    """
    width, shape = PATCH * len(patches), "yuva444p10le" if alphas else "yuv444p10le"
    rows = [
        [_sample(patch, matrix, is_full=tags.is_full)[plane] for patch in patches]
        for plane in range(3)
    ]
    rows += [[round(1023 * alpha) for alpha in alphas]] if alphas else []
    with av.open(str(path), "w", format="matroska") as container:
        stream = container.add_stream("ffv1", rate=Fraction(10))
        stream.width, stream.height, stream.pix_fmt = width, PATCH, shape
        context = stream.codec_context
        context.color_primaries, context.color_trc = tags.primaries, tags.transfer
        context.colorspace, context.color_range = tags.matrix, 2 if tags.is_full else 1
        for number in range(10):
            frame = VideoFrame(width, PATCH, shape)
            for plane, levels in zip(frame.planes, rows, strict=True):
                line = array("H", [level for level in levels for _ in range(PATCH)]).tobytes()
                plane.update(line.ljust(plane.line_size, b"\0") * PATCH)
            frame.pts, frame.time_base = number, Fraction(1, 10)
            frame.color_primaries, frame.color_trc = tags.primaries, tags.transfer
            frame.colorspace, frame.color_range = tags.matrix, 2 if tags.is_full else 1
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _sample(signal: Signal, matrix: int, *, is_full: bool) -> tuple[int, int, int]:
    """Return the ten-bit samples of three signals (ITU-R BT.709, BT.601, BT.2020: quantisation)."""
    luma, blue, red = difference(signal, matrix)
    if is_full:
        return round(1023 * luma), round(512 + 1023 * blue), round(512 + 1023 * red)
    return round(64 + 876 * luma), round(512 + 896 * blue), round(512 + 896 * red)


def difference(signal: Signal, matrix: int) -> Signal:
    """Return luma and the differences of blue and red."""
    red, green, blue = signal
    of_red, of_blue = WEIGHTS[matrix]
    luma = of_red * red + (1 - of_red - of_blue) * green + of_blue * blue
    return luma, (blue - luma) / (2 - 2 * of_blue), (red - luma) / (2 - 2 * of_red)


def expect_codes(signal: Signal) -> tuple[int, int, int]:
    """Return the eight-bit samples of BT.709 that stand for three signals."""
    luma, blue, red = difference(signal, 1)
    return round(16 + 219 * luma), round(128 + 224 * blue), round(128 + 224 * red)


def look_at_patches(path: Path, count: int) -> list[tuple[float, float, float]]:
    """Return the mean samples in the middle of each patch of the first picture of a film."""
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    width, height = frame.width // count, frame.height
    return [
        (
            _mean(frame, 0, number * width, (width, height)),
            _mean(frame, 1, number * width, (width, height)),
            _mean(frame, 2, number * width, (width, height)),
        )
        for number in range(count)
    ]


def _mean(frame: VideoFrame, plane: int, left: int, size: tuple[int, int]) -> float:
    width, height = size
    share = 1 if plane == 0 else 2
    content, line = bytes(frame.planes[plane]), frame.planes[plane].line_size
    lines = range(height // 4 // share, height * 3 // 4 // share)
    begin, end = (left + width // 4) // share, (left + width * 3 // 4) // share
    values = [content[row * line + column] for row in lines for column in range(begin, end)]
    return sum(values) / len(values)
