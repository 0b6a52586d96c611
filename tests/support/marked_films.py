"""Films that say what they show: a program reads frame numbers, colours, flashes, tones and beeps.

    0/8 to 1/8   squares: the number of the frame, from its lowest bit on
    1/8 to 2/8   four patches of known colours
    2/8 to 8/8   a moving test picture, white for two frames at each whole second from the first on

The left channel is a steady tone, the right one beeps at each whole second.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.video.frame import VideoFrame
from PIL import Image, ImageStat

from tests.fixtures.matrix_cells import CODE_BITS, PATCHES, TONE_HERTZ, Sounding, Source

BEEP_SECONDS: Final = 0.04
WHITE_FROM: Final = 128
FLASH_RISE: Final = 25
"""By how much the lower part is lighter than usual when it flashes, of 255."""

EDGE_SECONDS: Final = 0.08
"""Where a tone begins and ends it is no steady tone."""

PHASE_SECONDS: Final = 0.05
"""Whole periods of the tone: 22 of them."""

COEFFICIENTS: Final = {1: (0.2126, 0.0722), 9: (0.2627, 0.0593)}
"""Shares of red and blue in the luma of BT.709 and BT.2020 (H.273); else those of BT.601."""
BT601: Final = (0.299, 0.114)


def picture_of(source: Source) -> str:
    """Return the filter graph that draws a film."""
    size = f"{source.width}x{source.height}"
    rate = f"{source.rate.numerator}/{source.rate.denominator}"
    steps = [
        f"testsrc2=size={size}:rate={rate}:duration={float(source.seconds):.6f}",
        "format=rgb24",
        f"drawbox=w=iw:h={_part(source, 1)}:c=black:t=fill",
        *(_square(source, bit) for bit in range(CODE_BITS)),
        *(_patch(source, place) for place in range(len(PATCHES))),
        f"drawbox=y={_part(source, 2)}:w=iw:h=ih:c=white:t=fill:enable='{_flash(source)}'",
        source.filters,
        f"scale=out_color_matrix={source.matrix}:out_range={source.range}" * bool(source.matrix),
        source.after,
    ]
    return ",".join(step for step in steps if step)


def _part(source: Source, eighth: int) -> int:
    return round(source.height * eighth / 8)


def _square(source: Source, bit: int) -> str:
    left, right = (round(source.width * side / CODE_BITS) for side in (bit, bit + 1))
    number = f"floor(n/{source.per_code * 2**bit})"
    place = f"x={left}:w={right - left}:h={_part(source, 1)}"
    return f"drawbox={place}:c=white:t=fill:enable='mod({number},2)'"


def _patch(source: Source, place: int) -> str:
    left, right = (round(source.width * side / len(PATCHES)) for side in (place, place + 1))
    color = "0x{:02x}{:02x}{:02x}".format(*PATCHES[place])
    top, bottom = _part(source, 1), _part(source, 2)
    where = f"x={left}:w={right - left}:y={top}:h={bottom - top}"
    return f"drawbox={where}:c={color}:t=fill"


def _flash(source: Source) -> str:
    """Two frames at each whole second; one where there are few frames."""
    length = 2 * source.per_code / float(source.rate)
    return f"gte(t,0.999)*lt(mod(t+0.001,1),{min(0.5, length):.6f})"


def tone_of(sounding: Sounding) -> str:
    """Return the filter graph that makes a sound."""
    tone = f"0.4*sin(2*PI*{TONE_HERTZ}*t)"
    beep = f"0.8*sin(2*PI*1000*t)*lt(mod(t,1),{BEEP_SECONDS})*gte(t,1)"
    channels = {
        "mono": [tone],
        "stereo": [tone, beep],
        "5.1": [tone, beep, "0", "0", "0", "0"],
        "7.1": [tone, beep, "0", "0", "0", "0", "0", "0"],
    }[sounding.layout]
    steps = [
        f"aevalsrc='{'|'.join(channels)}':s={sounding.sample_rate}:c={sounding.layout}",
        f"atrim=duration={float(sounding.seconds):.6f}",
        sounding.filters,
    ]
    return ",".join(step for step in steps if step)


@dataclass(frozen=True, slots=True)
class Marks:
    """What one frame shows; `light` is the mean of its lower part."""

    time: float
    number: int
    light: float
    patches: tuple[tuple[int, int, int], ...]


def read_marks(frame: VideoFrame) -> Marks:
    """Read a frame of 8 bits, 4:2:0."""
    luma, blue, red = (_plane(frame, number) for number in range(3))
    light = _mean(luma, (0.05, 0.35, 0.95, 0.95))
    number = 0
    for bit in range(CODE_BITS):
        left, right = (bit + 0.3) / CODE_BITS, (bit + 0.7) / CODE_BITS
        is_white = _mean(luma, (left, 0.3 / 8, right, 0.7 / 8)) > WHITE_FROM
        number |= is_white << bit
    patches = []
    for place in range(len(PATCHES)):
        left, right = (place + 0.3) / len(PATCHES), (place + 0.7) / len(PATCHES)
        box = (left, 1.35 / 8, right, 1.65 / 8)
        patches.append(_rgb(frame, _mean(luma, box), _mean(blue, box), _mean(red, box)))
    return Marks(time_of(frame), number, light, tuple(patches))


def time_of(frame: VideoFrame | AudioFrame) -> float:
    """Return when a frame is shown or heard, in seconds."""
    assert frame.pts is not None
    assert frame.time_base is not None
    return float(frame.pts * frame.time_base)


def _plane(frame: VideoFrame, number: int) -> Image.Image:
    plane = frame.planes[number]
    stored = Image.frombytes("L", (plane.line_size, plane.height), bytes(plane))
    return stored.crop((0, 0, plane.width, plane.height))


def _mean(image: Image.Image, box: tuple[float, float, float, float]) -> float:
    width, height = image.size
    left, top, right, bottom = box
    part = (int(left * width), int(top * height), int(right * width), int(bottom * height))
    return ImageStat.Stat(image.crop(part)).mean[0]


def _rgb(frame: VideoFrame, luma: float, blue: float, red: float) -> tuple[int, int, int]:
    """Return a colour as a screen shows it that believes the frame's tags."""
    is_full = int(frame.color_range) == 2 or frame.format.name == "yuvj420p"
    low, span, spread = (0, 255, 255) if is_full else (16, 219, 224)
    share_red, share_blue = COEFFICIENTS.get(int(frame.colorspace), BT601)
    y = (luma - low) / span
    r = y + 2 * (1 - share_red) * (red - 128) / spread
    b = y + 2 * (1 - share_blue) * (blue - 128) / spread
    g = (y - share_red * r - share_blue * b) / (1 - share_red - share_blue)
    red_8, green_8, blue_8 = (round(255 * min(1.0, max(0.0, value))) for value in (r, g, b))
    return red_8, green_8, blue_8


def list_flashes(lights: Sequence[tuple[float, float]]) -> list[float]:
    """Return when it flashes, out of (time, light) of each frame."""
    usual = median(light for _, light in lights)
    most = max(light for _, light in lights)
    if most - usual < FLASH_RISE:
        return []
    limit = (usual + most) / 2
    return [
        later[0]
        for earlier, later in pairwise([(-1.0, 0.0), *lights])
        if earlier[1] <= limit < later[1]
    ]


@dataclass(frozen=True, slots=True)
class Heard:
    """Samples of both channels from `start` on, in seconds; `holes` are where some are missing."""

    start: float
    rate: int
    left: array[float]
    right: array[float]
    holes: list[float]

    @property
    def end(self) -> float:
        """Return when the last sample ends."""
        return self.start + len(self.left) / self.rate


def hear(frames: Iterable[AudioFrame]) -> Heard:
    """Put decoded frames together, as two channels; a hole is more than a sample and a half."""
    resampler = AudioResampler(format="fltp", layout="stereo")
    left, right, holes = array("f"), array("f"), list[float]()
    start, rate = 0.0, 1
    for frame in frames:
        if not left:
            start, rate = time_of(frame), frame.sample_rate
        expected = start + len(left) / rate
        at = expected if frame.pts is None else time_of(frame)
        if abs(at - expected) > 1.5 / rate + 0.0011:  # Matroska counts milliseconds
            holes.append(at)
        for even in resampler.resample(frame):
            left.frombytes(bytes(even.planes[0])[: 4 * even.samples])
            right.frombytes(bytes(even.planes[1])[: 4 * even.samples])
    return Heard(start, rate, left, right, holes)


def list_beeps(heard: Heard) -> list[float]:
    """Return when it beeps."""
    found: list[float] = []
    limit, at, rest = 0.3 * max(map(abs, heard.right), default=0.0), 0, heard.rate // 2
    while at < len(heard.right):
        if abs(heard.right[at]) > max(limit, 0.01):
            found.append(heard.start + at / heard.rate)
            at += rest
        at += 1
    return found


def find_click(heard: Heard) -> tuple[float, float]:
    """Return how far the tone is from being one where it is worst, and when; 1 is its loudness.

    A sine is told by three samples in a row; what does not fit them is a click, a hole, or noise.
    """
    samples, edge = heard.left, int(EDGE_SECONDS * heard.rate)
    loudness = sorted(map(abs, samples))[int(len(samples) * 0.9)] if samples else 0.0
    if not loudness:
        return math.inf, 0.0
    loud = [number for number, sample in enumerate(samples) if abs(sample) > loudness / 2]
    first, last = loud[0] + edge, loud[-1] - edge
    turn = 2 * math.cos(2 * math.pi * TONE_HERTZ / heard.rate)
    worst, where = 0.0, first
    for at in range(max(1, first), min(last, len(samples) - 1)):
        off = abs(samples[at + 1] + samples[at - 1] - turn * samples[at])
        if off > worst:
            worst, where = off, at
    return worst / loudness, heard.start + where / heard.rate


def find_drift(heard: Heard) -> float:
    """Return by how many seconds the tone is from where its beginning says it should be, at most.

    A join that fades from one stretch into another does not click; its phase tells.
    """
    samples, length = heard.left, round(heard.rate * PHASE_SECONDS)
    loudness = max(map(abs, samples)) / 2
    loud = [number for number, sample in enumerate(samples) if abs(sample) > loudness]
    turn = 2 * math.pi * TONE_HERTZ / heard.rate
    phases = []
    for begin in range(loud[0] + 2 * length, loud[-1] - 3 * length, length):
        part = range(begin, begin + length)
        real = sum(samples[at] * math.cos(turn * at) for at in part)
        imaginary = sum(samples[at] * math.sin(turn * at) for at in part)
        phases.append(math.atan2(imaginary, real))
    off = [abs(math.remainder(phase - phases[0], 2 * math.pi)) for phase in phases]
    return max(off, default=0.0) / (2 * math.pi * TONE_HERTZ)
