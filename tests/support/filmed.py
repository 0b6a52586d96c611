"""What a probe says of a plain film, for tests that change one fact of it."""

from __future__ import annotations

from fractions import Fraction

from rushes.media.facts import VideoFacts

FULL_HD = VideoFacts(
    codec="h264",
    profile="High",
    level=40,
    pixel_format="yuv420p",
    bit_depth=8,
    width=1920,
    height=1080,
    sar=Fraction(1),
    rotation=0,
    frame_rate=Fraction(25),
    variable_rate=False,
    field_order=None,
    primaries=1,
    transfer=1,
    matrix=1,
    full_range=False,
    alpha=False,
    start=Fraction(0),
    duration=Fraction(10),
    bit_rate=None,
)
"""H.264 High, 1920x1080 at 25 pictures a second, ten seconds."""
