"""Which quality a viewer starts with: hints in order speed, connection, width; else 720p.

1. A quality that is not there gives way to the nearest by height; ties go down.
2. `auto` stays auto: the answer says where to start, the player goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from rushes.media.ladder import Quality

AUTO: Final = "auto"
UNKNOWN: Final = Quality.P720

SPEEDS: Final = (
    (1.0, Quality.P360),
    (2.5, Quality.P540),
    (5.0, Quality.P720),
    (10.0, Quality.P1080),
)
"""Below this many Mbit/s."""

WIDTHS: Final = (
    (640, Quality.P360),
    (960, Quality.P540),
    (1280, Quality.P720),
    (1920, Quality.P1080),
)
"""Below this many pixels."""

CONNECTIONS: Final = MappingProxyType(
    {
        "slow-2g": Quality.P360,
        "2g": Quality.P360,
        "3g": Quality.P540,
        "4g": Quality.P720,
        "5g": Quality.P1080,
        "wifi": Quality.P1080,
    }
)


@dataclass(frozen=True, slots=True)
class Hints:
    """What a player knows of its place: Mbit/s, the kind of connection, pixels, its region."""

    connection_speed: float | None = None
    connection_type: str | None = None
    client_width: int | None = None
    region: str | None = None


def wish_of(hints: Hints) -> Quality:
    """Return the quality that the hints ask for."""
    if hints.connection_speed is not None:
        speed = hints.connection_speed
        return next((q for limit, q in SPEEDS if speed < limit), Quality.P2160)
    if hints.connection_type is not None:
        return CONNECTIONS.get(hints.connection_type.lower(), UNKNOWN)
    if hints.client_width is not None:
        width = hints.client_width
        return next((q for limit, q in WIDTHS if width < limit), Quality.P2160)
    return UNKNOWN


def nearest(wish: Quality, there: Iterable[Quality]) -> Quality | None:
    """Return the nearest quality by height, the lower one of two; None if there is none."""
    return min(there, key=lambda each: (abs(each.height - wish.height), each.height), default=None)


def select(asked: str, hints: Hints, there: Iterable[Quality]) -> Quality | None:
    """Return where playing starts.

    Args:
        asked: `auto`, or a quality by its name; what is neither counts as `auto`.
        hints: what the player knows.
        there: the qualities that can be played.
    """
    named = next((quality for quality in Quality if quality.value == asked), None)
    return nearest(named or wish_of(hints), there)


def within(cap: str | None, quality: Quality) -> bool:
    """Say whether a grant up to `cap` covers a quality."""
    return cap is None or quality.height <= Quality(cap).height
