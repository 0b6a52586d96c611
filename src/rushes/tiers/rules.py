"""The rules of retention: how long what is not read stays on the edge.

A rule of the project wins over that of the quality, that over that of the kind, that over what
holds otherwise. None means that it stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal

from rushes.sections import RetentionSettings

DAY: Final = timedelta(days=1)
MIB: Final = 2**20
TB: Final = 10**12


class Kind(StrEnum):
    """What the rules call a rendition."""

    VIDEO = "video"
    AUDIO = "audio"
    IMAGE = "image"
    DOCUMENT = "document"
    STILL = "still"
    OTHER = "other"


class Preset(StrEnum):
    """Rules by a name."""

    DEFAULT = "default"
    FLAT_7 = "flat_7"
    FLAT_30 = "flat_30"
    BY_TYPE = "by_type"


@dataclass(frozen=True, slots=True)
class Rules:
    """How long objects stay after they were last read, and how many bytes may stay at all.

    `grace`: what was read within it is never planned; above the cap `grace_when_full` counts.
    `keep_below_bytes`, `new_for` and `popular_plays` (in 7 days) keep what costs little or will
    soon be read. `cap_bytes` None is no cap.
    """

    otherwise: timedelta | None
    by_kind: Mapping[Kind, timedelta | None] = field(default_factory=dict)
    by_quality: Mapping[str, timedelta | None] = field(default_factory=dict)
    by_project: Mapping[str, timedelta | None] = field(default_factory=dict)
    cap_bytes: int | None = TB
    grace: timedelta = DAY
    grace_when_full: timedelta = timedelta(hours=1)
    keep_below_bytes: int = MIB
    new_for: timedelta = 3 * DAY
    popular_plays: int = 5

    def keep_for(self, project_id: str | None, kind: Kind, quality: str | None) -> timedelta | None:
        """Return how long such an object stays unread; None is for ever."""
        if project_id is not None and project_id in self.by_project and kind is not Kind.STILL:
            return self.by_project[project_id]
        if quality is not None and quality in self.by_quality:
            return self.by_quality[quality]
        return self.by_kind.get(kind, self.otherwise)


_STILLS_STAY: Final[Mapping[Kind, timedelta | None]] = MappingProxyType({Kind.STILL: None})

PRESETS: Final = MappingProxyType(
    {
        Preset.DEFAULT: Rules(
            30 * DAY,
            _STILLS_STAY,
            MappingProxyType(
                {
                    "360p": 30 * DAY,
                    "540p": 30 * DAY,
                    "720p": 14 * DAY,
                    "1080p": 7 * DAY,
                    "2160p": 7 * DAY,
                }
            ),
        ),
        Preset.FLAT_7: Rules(7 * DAY, _STILLS_STAY),
        Preset.FLAT_30: Rules(30 * DAY, _STILLS_STAY),
        Preset.BY_TYPE: Rules(
            2 * DAY,
            MappingProxyType(
                {
                    Kind.STILL: None,
                    Kind.VIDEO: 3 * DAY,
                    Kind.IMAGE: 7 * DAY,
                    Kind.DOCUMENT: 14 * DAY,
                }
            ),
        ),
    }
)
"""The rules of each preset; stills are small, pages need them, and they stay in all."""


def make_rules(told: RetentionSettings) -> Rules:
    """Return the rules of the settings: those of the preset, and what stands beside it."""
    preset = PRESETS[Preset(told.preset)]
    days = {name: _span(number) for name, number in told.days.items()}
    kinds = {Kind(name): span for name, span in days.items() if name in set(Kind)}
    return replace(
        preset,
        otherwise=days.get("otherwise", preset.otherwise),
        by_kind={**preset.by_kind, **kinds},
        by_quality={
            **preset.by_quality,
            **{name: span for name, span in days.items() if name.endswith("0p")},
        },
        by_project={name: span for name, span in days.items() if name.startswith("prj_")},
        cap_bytes=told.cap_bytes,
        grace=told.grace,
        grace_when_full=min(told.grace, told.grace_when_full),
        keep_below_bytes=told.keep_below_bytes,
        new_for=told.new_for,
        popular_plays=told.popular_plays,
    )


def _span(days: float | Literal["always"]) -> timedelta | None:
    return None if days == "always" else days * DAY
