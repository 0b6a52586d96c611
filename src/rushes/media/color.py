"""Colour: what a picture's signals mean, and which table brings them to an ordinary screen.

Numbers are those of ITU-T H.273. What is not tagged is BT.709 (HD) or BT.601 (SD). LOG is not
tagged: cameras tell of it in words of their own, or people do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from rushes.errors import Kind as ErrorKind
from rushes.errors import RushesError
from rushes.media.curves import CAMERAS
from rushes.media.lut import Hald, hlg_hald, log_hald, pq_hald

UNSPECIFIED: Final = 2
HD_FROM_HEIGHT: Final = 720

BT709_MATRIX, BT601_MATRIX, BT2020_MATRIX = 1, 5, 9
MATRIX_NAMES: Final = MappingProxyType(
    {BT709_MATRIX: "bt709", BT601_MATRIX: "bt601", BT2020_MATRIX: "bt2020"}
)

PQ: Final = 16
"""SMPTE ST 2084."""

HLG: Final = 18
"""ARIB STD-B67."""

AUTO: Final = "auto"
LOG_PREFIX: Final = "log:"
NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
"""Names of tables: small letters, digits and dashes, at most 40."""

GAMMA_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "slog3": "slog3",
        "clog3": "clog3",
        "canonlog3": "clog3",
        "vlog": "vlog",
        "logc": "logc3",
        "logc3": "logc3",
        "arrilogc": "logc3",
        "arrilogc3": "logc3",
    }
)
"""What cameras call their LOG, without dashes, blanks and what follows it -> its name here."""

GAMMA_ENDS: Final = ("cine", "ei800", "sgamut3cine", "sgamut3", "vgamut")
"""What cameras add to the name of their LOG and what says nothing of its curve."""


class Look(StrEnum):
    """What the signals of a picture are taken for."""

    PLAIN = "rec709"
    PQ = "pq"
    HLG = "hlg"
    LOG = "log"


class ColorUnknown(RushesError):
    """There is no such choice of colour."""

    code = "color.unknown"
    kind = ErrorKind.INVALID


@dataclass(frozen=True, slots=True)
class Treatment:
    """How a picture is brought to an ordinary screen.

    `name` is that of a LOG or a table, `version` the digest of a table that people sent.
    """

    look: Look = Look.PLAIN
    name: str = ""
    version: str = ""

    @property
    def word(self) -> str:
        """Return what it adds to the name of a recipe; nothing where signals stay as they are."""
        if self.look is Look.PLAIN:
            return ""
        return "_".join(filter(None, (self.look.value, self.name, self.version)))

    @property
    def choice(self) -> str:
        """Return it as people choose it."""
        return LOG_PREFIX + self.name if self.look is Look.LOG else self.look.value

    @property
    def is_sent(self) -> bool:
        """Say whether its table is one that people sent."""
        return bool(self.version)


PLAIN: Final = Treatment()


@dataclass(frozen=True, slots=True)
class Grade:
    """A treatment with its table, ready for the tool; None where signals stay as they are."""

    treatment: Treatment = PLAIN
    hald: Hald | None = None


UNGRADED: Final = Grade()


def check_choice(text: str) -> str:
    """Return a choice of colour as it is kept: `auto`, `rec709`, `pq`, `hlg` or `log:NAME`.

    Raises:
        ColorUnknown: it is none of these.
    """
    choice = text.strip().lower()
    name = choice.removeprefix(LOG_PREFIX)
    is_log = choice.startswith(LOG_PREFIX) and NAME.fullmatch(name) is not None
    if choice in {AUTO, Look.PLAIN, Look.PQ, Look.HLG} or is_log:
        return choice
    raise ColorUnknown("Colour is one of auto, rec709, pq, hlg, or log: and the name of a LUT.")


def name_of(choice: str) -> str | None:
    """Return the name of the LOG or the table of a choice; None where it has none."""
    return choice.removeprefix(LOG_PREFIX) if choice.startswith(LOG_PREFIX) else None


def plan_treatment(
    choice: str, transfer: int, camera_log: str | None, version: str | None = None
) -> Treatment:
    """Return how a picture is treated.

    Args:
        choice: what people chose; `auto` follows the file.
        transfer: what the picture is tagged with.
        camera_log: the LOG that the camera tells of, by its name here.
        version: the digest of the table that the choice names, if people sent it.
    """
    name = name_of(choice)
    if name is not None:
        return Treatment(Look.LOG, name, "" if name in CAMERAS else version or "")
    if choice != AUTO:
        return Treatment(Look(choice))
    if transfer in {PQ, HLG}:
        return Treatment(Look.PQ if transfer == PQ else Look.HLG)
    return PLAIN if camera_log is None else Treatment(Look.LOG, camera_log)


def built_in(treatment: Treatment, *, is_full: bool) -> Hald | None:
    """Return the table of a treatment that needs none of people's; None where signals stay."""
    if treatment.look is Look.PQ:
        return pq_hald()
    if treatment.look is Look.HLG:
        return hlg_hald()
    if treatment.look is Look.LOG:
        return log_hald(treatment.name, is_full=is_full)
    return None


def find_log(gamma: str | None) -> str | None:
    """Return the LOG that a camera names, such as `s-log3-cine` or `V-Log`; None if none of ours.

    Sources of the names: Sony's NonRealTimeMeta (`CaptureGammaEquation`), Panasonic's metadata of
    MOV (`Gamma`), `com.arri.camera.ColorGammaSxS`, `com.atomos.hdr.gamma`.
    """
    word = re.sub(r"[^a-z0-9]", "", (gamma or "").lower())
    for end in GAMMA_ENDS:
        word = word.removesuffix(end)
    return GAMMA_WORDS.get(word)


def matrix_of(matrix: int, height: int, look: Look = Look.PLAIN) -> int:
    """Return the matrix of a picture: as it is tagged, else what its size and its light say.

    The height is that of the coded picture.
    """
    if matrix != UNSPECIFIED:
        return matrix
    if look in {Look.PQ, Look.HLG}:
        return BT2020_MATRIX
    return BT709_MATRIX if height >= HD_FROM_HEIGHT else BT601_MATRIX


def matrix_argument(matrix: int, height: int, look: Look = Look.PLAIN) -> str:
    """Return what the scaler is told of a picture's matrix: nothing where it is tagged.

    ffmpeg would take everything untagged for BT.601.
    """
    if matrix != UNSPECIFIED:
        return ""
    return f":in_color_matrix={MATRIX_NAMES[matrix_of(matrix, height, look)]}"
