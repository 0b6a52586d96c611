"""The playback path: how an original is watched before its ladder is made, and why.

copy    class A: segments copied from the original, whatever its length
jit     class B: the lowest rung made segment by segment while it is watched
heavy   class C: the same, of what is larger than Full HD or brighter than the ladder
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from rushes.media.color import HLG, PLAIN, PQ, Look, Treatment
from rushes.media.facts import MediaInfo, VideoFacts
from rushes.media.ladder import Rung

COPIED_CONTAINER: Final = "mov"
"""The sniffed format of MP4 and MOV."""

COPIED_FORMATS: Final = frozenset({"yuv420p", "yuvj420p"})
BITS: Final = 8
LIGHT_PIXELS: Final = 1920 * 1088
LIGHT_RATE: Final = 60
TRANSFERS: Final = MappingProxyType({PQ: "PQ", HLG: "HLG"})
KNOWN_CODECS: Final = MappingProxyType(
    {
        "h264": "H.264",
        "hevc": "HEVC",
        "prores": "ProRes",
        "mpeg2video": "MPEG-2",
        "mpeg4": "MPEG-4",
        "mjpeg": "Motion JPEG",
        "dnxhd": "DNxHD",
        "vp8": "VP8",
        "vp9": "VP9",
        "av1": "AV1",
    }
)

MADE_PER_CORE: Final = 29_000_000
"""Pixels a second that one core encodes where that was not measured (2.1 x 720p30 on two cores)."""
FASTER_THAN_SEEN: Final = Fraction(3, 2)
"""A rung that is made while it is watched has to be ahead of the viewer by so much."""


class Path(StrEnum):
    """How an original is watched before its ladder is made."""

    COPY = "copy"
    JIT = "jit"
    HEAVY = "heavy"


def playback_path(
    facts: MediaInfo, obstacle: str | None, treatment: Treatment = PLAIN
) -> tuple[Path, str]:
    """Return the path of a video and one sentence that says why.

    `obstacle` says why it is not copied, None where it is; `treatment` what becomes of its colours.
    """
    if facts.video is None:
        return Path.JIT, "Sound alone."
    seen = describe(facts.video, treatment)
    if obstacle is None:
        return Path.COPY, f"{seen}: played from the original."
    heavy = _heaviness(facts.video, treatment)
    if heavy is not None:
        return Path.HEAVY, f"{seen}: heavy, {heavy}; made while it is watched."
    return Path.JIT, f"{seen}: made while it is watched, {obstacle}."


def find_obstacle(
    facts: MediaInfo, rungs: Sequence[Rung], bit_rate_at_most: int, treatment: Treatment = PLAIN
) -> str | None:
    """Return what keeps an original from being copied, as far as its facts say; None: nothing.

    `rungs` is its ladder, lowest first; `bit_rate_at_most` in bit/s.
    """
    video = facts.video
    if video is None or not rungs:
        return "there is no picture"
    top = rungs[-1]
    native = (top.width, top.height) == (video.width, video.height)
    rate = facts.size_bytes * BITS / facts.duration if facts.duration else 0
    checks = (
        (facts.damage is not None, "it is damaged"),
        (video.codec != "h264", "browsers do not play it as it is"),
        (facts.container != COPIED_CONTAINER, "only MP4 and MOV are copied"),
        (
            video.transfer in TRANSFERS or treatment.look is not Look.PLAIN,
            "its colours are not those of common screens",
        ),
        (video.pixel_format not in COPIED_FORMATS, "its colours are not 8 bit 4:2:0"),
        (video.field_order is not None, "its pictures are interlaced"),
        (video.rotation != 0, "its pictures are turned"),
        (video.sar != 1, "its pixels are not square"),
        (not native, "its size is none of the ladder"),
        (rate > bit_rate_at_most, f"it has more than {bit_rate_at_most // 10**6} Mbit/s"),
    )
    return next((why for is_so, why in checks if is_so), None)


def describe(video: VideoFacts, treatment: Treatment = PLAIN) -> str:
    """Return what a picture is, as people say it: `HEVC Main 10, 3840x2160, PQ`."""
    name = KNOWN_CODECS.get(video.codec, video.codec)
    words = [f"{name} {video.profile}" if video.profile else name, f"{video.width}x{video.height}"]
    if treatment.look is Look.LOG:
        words.append(f"LOG ({treatment.name})")
    elif video.transfer in TRANSFERS:
        words.append(TRANSFERS[video.transfer])
    return ", ".join(words)


def _heaviness(video: VideoFacts, treatment: Treatment) -> str | None:
    if video.width * video.height > LIGHT_PIXELS:
        return "larger than Full HD"
    if video.frame_rate > LIGHT_RATE:
        return "more than 60 pictures a second"
    return "its colours are made anew" if treatment.look is not Look.PLAIN else None


def list_in_time(
    rungs: Sequence[Rung], path: Path, rate: Fraction, made_per_second: int
) -> list[Rung]:
    """Return the rungs that are made fast enough to be watched meanwhile, lowest first.

    The lowest is always among them. `made_per_second`: pixels that this machine encodes.
    """
    if path is Path.HEAVY:
        return list(rungs[:1])
    budget = made_per_second / FASTER_THAN_SEEN
    return [
        rung
        for place, rung in enumerate(rungs)
        if place == 0 or rung.width * rung.height * rate <= budget
    ]
