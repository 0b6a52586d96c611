"""The recipe: a word in the name of every segment and rendition that says how it was made.

    r1                the version of the recipe, encoded by x264
    r1-nvenc          encoded by something else
    r1-nvenc-slog3    with the look of this name

1. Whatever changes bytes changes the word; what stands under another word is another thing.
2. What was made by an older recipe is played as it is, until it is made again.
3. The sound of a video, stills and what is copied have words of their own: a new version of the
   ladder makes none of them again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rushes.media.failures import InvalidMedia
from rushes.media.ladder import RECIPE

HEARD: Final = "a1"
"""The recipe of sound that is encoded."""

SEEN: Final = "s1"
"""The recipe of what is looked at: stills, storyboards, waveforms."""

WORD: Final = re.compile(r"[a-z0-9]+(-+[a-z0-9_]+)*")


class Encoder(StrEnum):
    """What can encode H.264 here; all but the first two need hardware."""

    X264 = "x264"
    OPENH264 = "openh264"
    NVENC = "nvenc"
    VAAPI = "vaapi"
    QSV = "qsv"
    AMF = "amf"
    VIDEOTOOLBOX = "videotoolbox"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the pictures of a ladder are made; `look` names what is done to their colours."""

    version: str = RECIPE
    encoder: Encoder = Encoder.X264
    look: str = ""

    @property
    def word(self) -> str:
        """Return the word; x264 and the usual look go without saying."""
        encoder = "" if self.encoder is Encoder.X264 else self.encoder.value
        return "-".join(part for part in (self.version, encoder, self.look) if part)


def parse_recipe(word: str) -> Recipe:
    """Return the recipe that a word stands for; raises InvalidMedia for what is none."""
    if WORD.fullmatch(word) is None:
        raise InvalidMedia(f"{word!r} is the name of no recipe.")
    version, *rest = word.split("-")
    encoder = Encoder.X264
    if rest and rest[0] in set(Encoder):
        encoder = Encoder(rest.pop(0))
    return Recipe(version, encoder, "-".join(rest))
