"""Colour: which pictures need their tones mapped for an ordinary screen, and how.

Numbers are those of ITU-T H.273. What is not tagged is BT.709 (HD) or BT.601 (SD). LOG
is not tagged and not guessed.
"""

from __future__ import annotations

from typing import Final

UNSPECIFIED: Final = 2
HD_FROM_HEIGHT: Final = 720

PQ: Final = 16
"""SMPTE ST 2084."""

HLG: Final = 18
"""ARIB STD-B67."""

TONE_MAP: Final = (
    "zscale=t=linear:npl=100",
    "format=gbrpf32le",
    "zscale=p=bt709",
    "tonemap=hable:desat=0",
    "zscale=t=bt709:m=bt709:r=tv",
)
"""After the scaler: at a quarter of the pixels it costs a third (4.1 for 12.7 CPU seconds)."""


def matrix_argument(matrix: int, height: int) -> str:
    """Return what the scaler is told of a picture's matrix: nothing where it is tagged.

    ffmpeg would take everything untagged for BT.601; the height is that of the coded picture.
    """
    if matrix != UNSPECIFIED:
        return ""
    return ":in_color_matrix=" + ("bt709" if height >= HD_FROM_HEIGHT else "bt601")


def is_hdr(transfer: int) -> bool:
    """Say whether a picture with this transfer must be mapped."""
    return transfer in {PQ, HLG}
