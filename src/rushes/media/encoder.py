"""What encodes H.264: x264, or hardware that ffmpeg can use; what each of them is told.

1. Whoever encodes keeps the grid: key frames stand where they are forced, and nowhere else.
2. Hardware is named in the recipe, so that its segments never stand beside those of x264.
3. Hardware gets no picture that waits for a later one: its pieces are joined as they come.

Options as ffmpeg's `-h encoder=` of each names them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from rushes.media.ladder import RECIPE, Rung

CRF: Final = 23
GOP_AT_LEAST: Final = 600  # longer than any segment: key frames stand where we force them
RENDER_NODE: Final = "/dev/dri/renderD128"


class Encoder(StrEnum):
    """What can encode here; all but the first need hardware."""

    SOFTWARE = "software"
    NVENC = "nvenc"
    QSV = "qsv"
    VAAPI = "vaapi"


PROGRAM_NAMES: Final[Mapping[Encoder, str]] = MappingProxyType(
    {
        Encoder.SOFTWARE: "libx264",
        Encoder.NVENC: "h264_nvenc",
        Encoder.QSV: "h264_qsv",
        Encoder.VAAPI: "h264_vaapi",
    }
)
"""How ffmpeg calls each of them."""

_GRAPHICS: Final = ("/dev/dri", "/sys/dev/char", "/sys/devices")
_NVIDIA: Final = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools")
DEVICES: Final[Mapping[Encoder, tuple[str, ...]]] = MappingProxyType(
    {
        Encoder.SOFTWARE: (),
        Encoder.NVENC: _NVIDIA,
        Encoder.QSV: _GRAPHICS,
        Encoder.VAAPI: _GRAPHICS,
    }
)
"""What the box lets in for each: devices, and where the kernel describes them."""


def word_of(encoder: Encoder, version: str = RECIPE) -> str:
    """Return the recipe's word of what an encoder makes; x264 goes without saying."""
    return version if encoder is Encoder.SOFTWARE else f"{version}-{encoder.value}"


def encoder_of(word: str) -> Encoder:
    """Return what encodes by a recipe's word."""
    _, _, rest = word.partition("-")
    name = rest.partition("-")[0]
    return Encoder(name) if name in set(Encoder) else Encoder.SOFTWARE


def hardware_of(word: str) -> str | None:
    """Return the name of the hardware that encodes by a recipe's word; None where it is none."""
    encoder = encoder_of(word)
    return None if encoder is Encoder.SOFTWARE else encoder.value


def device_arguments(encoder: Encoder) -> list[str]:
    """Return what opens the hardware, before any input."""
    if encoder is Encoder.VAAPI:
        return ["-vaapi_device", RENDER_NODE]
    return ["-init_hw_device", "qsv=hw"] if encoder is Encoder.QSV else []


def last_steps(encoder: Encoder) -> list[str]:
    """Return the filters that bring a finished picture to an encoder."""
    if encoder in {Encoder.SOFTWARE, Encoder.NVENC}:
        return ["format=yuv420p"]
    return ["format=nv12", *(["hwupload"] if encoder is Encoder.VAAPI else [])]


def coding_arguments(
    encoder: Encoder, rung: Rung, *, threads: int = 0, is_even: bool = True
) -> list[str]:
    """Return what an encoder is told for a rung.

    Args:
        encoder: which one.
        rung: level and rates.
        threads: of x264; 0 leaves it to the program.
        is_even: whether its pictures come at a constant rate.
    """
    limits = ["-maxrate", str(rung.maxrate), "-bufsize", str(rung.bufsize)]
    gop = ["-g", str(GOP_AT_LEAST)]
    begin = ["-c:v", PROGRAM_NAMES[encoder]]
    if encoder is Encoder.SOFTWARE:
        return [
            *(*begin, "-preset", "veryfast", "-profile:v", "high", "-level", rung.level),
            *("-crf", str(CRF), *limits, *gop, "-keyint_min", str(GOP_AT_LEAST)),
            *("-forced-idr", "1", *([] if is_even else ["-bf", "0"])),
            *("-threads", str(threads), "-x264-params", "scenecut=0:open-gop=0:stitchable=1"),
        ]
    rates = ["-b:v", str(rung.maxrate // 2), *limits, *gop, "-bf", "0"]
    return [*begin, "-profile:v", "high", "-level", *_HARDWARE_WORDS[encoder](rung.level), *rates]


def _nvenc(level: str) -> Sequence[str]:
    words = "-preset p4 -rc vbr -cq 23 -no-scenecut 1 -strict_gop 1 -forced-idr 1"
    return [level, *words.split()]


def _qsv(level: str) -> Sequence[str]:
    return [_tenfold(level), "-preset", "faster", "-forced_idr", "1", "-look_ahead", "0"]


def _vaapi(level: str) -> Sequence[str]:
    return [_tenfold(level), "-rc_mode", "VBR", "-idr_interval", "0"]


def _tenfold(level: str) -> str:
    return str(round(float(level) * 10))


_HARDWARE_WORDS: Final = MappingProxyType(
    {Encoder.NVENC: _nvenc, Encoder.QSV: _qsv, Encoder.VAAPI: _vaapi}
)
