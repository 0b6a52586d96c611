"""A rendition: one made version of an original, its states and the only steps between them.

Rules of this file:
1. Renditions belong to a content, not to an asset: the same bytes of one client are made once.
2. What a rendition may do next stands in `STEPS` and nowhere else.
3. An illegal step raises `IllegalStep` and changes nothing.
4. What rests can be had and is not there: settings left it out. It is ordered by whoever asks for
   it first.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Final

from rushes.errors import Kind as ErrorKind
from rushes.errors import RushesError
from rushes.steps import After


class Kind(StrEnum):
    """What a rendition is for."""

    PROXY = "proxy"
    AUDIO = "audio"
    TRACK = "track"
    STILL = "still"
    STORYBOARD = "storyboard"
    WAVEFORM = "waveform"
    IMAGE = "image"


WHOLE: Final = frozenset({Kind.PROXY, Kind.AUDIO})
"""What is played by itself: a quality with its sound, or a sound alone."""

PLAYED: Final = WHOLE | {Kind.TRACK}
"""What is played; a track is a further sound, heard instead of that of a quality.

The other kinds only show or tell what is in it."""

SOUNDING: Final = frozenset({Kind.AUDIO, Kind.TRACK})
"""What is heard and has no picture."""

ASKED: Final = frozenset({Kind.IMAGE})
"""What is made when somebody asks for it; an asset is ready without."""


class State(StrEnum):
    """What is true of a rendition."""

    RESTING = "resting"
    WANTED = "wanted"
    MAKING = "making"
    READY = "ready"
    FAILED = "failed"


class Step(StrEnum):
    """What may happen to it."""

    ORDER = "order"
    BEGIN = "begin"
    FINISH = "finish"
    FAIL = "fail"
    RETRY = "retry"


STEPS: Final = MappingProxyType(
    {
        (State.RESTING, Step.ORDER): State.WANTED,
        (State.WANTED, Step.BEGIN): State.MAKING,
        (State.WANTED, Step.FAIL): State.FAILED,
        (State.MAKING, Step.FINISH): State.READY,
        (State.MAKING, Step.FAIL): State.FAILED,
        (State.FAILED, Step.RETRY): State.WANTED,
    }
)


class IllegalStep(RushesError):
    """The rendition is not in a state from which this step may be taken."""

    code = "rendition.illegal_step"
    kind = ErrorKind.CONFLICT


after: Final = After("A rendition", STEPS, IllegalStep)
"""The state after a step."""
