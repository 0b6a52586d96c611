"""A stream: how an original is watched segment by segment, before and while its ladder is made.

It is planned once, when an original is looked at, and kept with its facts: the grid on which all
qualities are cut, the cuts of the sound, what each quality will be, and which of them is copied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Final

from rushes.media.color import PLAIN, Look, Treatment
from rushes.media.failures import InvalidMedia
from rushes.media.grid import Grid, format_grid, parse_grid
from rushes.media.ladder import RECIPE, Quality, Rung
from rushes.media.path import Path, list_in_time
from rushes.media.recipe import HEARD
from rushes.media.shelf import COPIED, recipe_of
from rushes.media.sound import BIT_RATE, SoundGrid, bit_rate_of, format_cuts, parse_cuts
from rushes.media.tracks import SOUND, is_sound

SPEECH: Final = Fraction(11, 10)
"""What containers and short peaks add to the ceiling of an encoder."""

SOUND_CODEC: Final = "mp4a.40.2"
SOUND_ALONE: Final = "alone"
"""The name of the grid of a sound without picture, which needs no other."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One quality; rates in bit/s. `is_offered`: players may have it before its file is there."""

    quality: str
    width: int
    height: int
    codec: str
    peak: int
    average: int
    is_copied: bool
    is_offered: bool


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound that goes with all qualities; `track` counts among those of the original.

    `label` is what people call it, `language` a tag such as `en`.
    """

    cuts: SoundGrid
    channels: int
    is_copied: bool
    name: str = SOUND
    track: int = 0
    label: str = "Sound"
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Stream:
    """All of it; the variants are in the order of the ladder, lowest first.

    The first of the sounds is the default, which every file holds; each other has a file of its
    own. `recipe` is the word by which its pictures are made from now on (`media.recipe`).
    """

    path: Path
    reason: str
    grid: Grid | None
    variants: tuple[Variant, ...]
    sounds: tuple[Sound, ...]
    treatment: Treatment = PLAIN
    """What becomes of its colours."""
    recipe: str = RECIPE

    @property
    def first(self) -> str:
        """Return the quality that is there first: the copied one, else the lowest, else `sound`."""
        copied = (each.quality for each in self.variants if each.is_copied)
        return next(copied, self.variants[0].quality if self.variants else SOUND)

    @property
    def sound(self) -> Sound | None:
        """Return the default sound; None where there is none."""
        return self.sounds[0] if self.sounds else None

    @property
    def grid_name(self) -> str:
        """Return the name of the grid in paths."""
        return SOUND_ALONE if self.grid is None else self.grid.name

    def find_variant(self, name: str) -> Variant | None:
        """Return a quality by its name."""
        return next((each for each in self.variants if each.quality == name), None)

    def find_sound(self, name: str) -> Sound | None:
        """Return a sound by its name."""
        return next((each for each in self.sounds if each.name == name), None)

    def count_of(self, name: str) -> int:
        """Return how many segments a quality or a sound has; 0 where there is no such thing."""
        sound = self.find_sound(name)
        if sound is not None:
            return sound.cuts.count
        return self.grid.count if self.grid is not None and self.find_variant(name) else 0

    def is_copied(self, name: str) -> bool:
        """Say whether the segments of a quality or of a sound are copied."""
        found = self.find_sound(name) or self.find_variant(name)
        return found is not None and found.is_copied

    def recipe_of(self, name: str) -> str:
        """Return the recipe in the name of a shelf."""
        if self.is_copied(name):
            return COPIED
        return HEARD if is_sound(name) else recipe_of(self.treatment, self.recipe)


def plan_variants(
    rungs: Sequence[Rung],
    path: Path,
    rate: Fraction,
    made_per_second: int,
    copied: tuple[str, int, int] | None = None,
) -> tuple[Variant, ...]:
    """Return what each rung will be.

    Args:
        rungs: the ladder, lowest first.
        path: how the original is watched.
        rate: pictures a second.
        made_per_second: pixels that are encoded here.
        copied: codec, peak and average of the top rung, where it is copied.
    """
    in_time = list_in_time(rungs, path, rate, made_per_second)
    variants = []
    for rung in rungs:
        is_copied = copied is not None and rung is rungs[-1]
        coding = copied if copied is not None and is_copied else _encoded(rung)
        is_offered = is_copied or rung in in_time
        quality = rung.quality.value
        variants.append(Variant(quality, rung.width, rung.height, *coding, is_copied, is_offered))
    return tuple(variants)


def _encoded(rung: Rung) -> tuple[str, int, int]:
    """Return codec, peak and average of what the encoder makes (High profile, CRF under VBV)."""
    level = round(float(rung.level) * 10)
    return f"avc1.6400{level:02x}", ceil(rung.maxrate * SPEECH), rung.maxrate // 2


def format_stream(stream: Stream) -> dict[str, object]:
    """Return plain values for a row."""
    return {
        "path": stream.path.value,
        "reason": stream.reason,
        "recipe": stream.recipe,
        "grid": None if stream.grid is None else format_grid(stream.grid),
        "treatment": [
            stream.treatment.look.value,
            stream.treatment.name,
            stream.treatment.version,
        ],
        "variants": [
            [getattr(variant, name) for name in Variant.__slots__] for variant in stream.variants
        ],
        "sounds": [
            {name: getattr(sound, name) for name in Sound.__slots__}
            | {"cuts": format_cuts(sound.cuts)}
            for sound in stream.sounds
        ],
    }


def parse_stream(values: object) -> Stream | None:
    """Return the stream that `format_stream` wrote; None where there is none."""
    match values:
        case None:
            return None
        case {
            "path": str(path),
            "reason": str(reason),
            "recipe": str(recipe),
            "grid": grid,
            "treatment": [str(look), str(lut), str(version)],
            "variants": list(rows),
        }:
            variants = tuple(_variant(row) for row in rows)
            cuts = parse_grid(grid) if isinstance(grid, Mapping) else None
            treatment = Treatment(Look(look), lut, version)
            heard = _sounds(values)
            return Stream(Path(path), reason, cuts, variants, heard, treatment, recipe)
        case _:
            raise InvalidMedia("The stored stream lacks its fields.")


def _variant(row: object) -> Variant:
    match row:
        case [
            str(quality),
            int(width),
            int(height),
            str(codec),
            int(peak),
            int(average),
            bool(is_copied),
            bool(is_offered),
        ]:
            name = Quality(quality).value
            return Variant(name, width, height, codec, peak, average, is_copied, is_offered)
        case _:
            raise InvalidMedia("A stored quality of a stream lacks its fields.")


def _sounds(values: object) -> tuple[Sound, ...]:
    """Return all sounds; rows of earlier releases know the default only."""
    match values:
        case {"sounds": list(rows)}:
            return tuple(_sound(row) for row in rows)
        case {"sound": None}:
            return ()
        case {"sound": dict(row)}:
            return (_sound({"name": SOUND, "track": 0, "label": "Sound", "language": None} | row),)
        case _:
            raise InvalidMedia("The stored stream lacks its sounds.")


def _sound(values: object) -> Sound:
    match values:
        case {
            "cuts": dict(cuts),
            "channels": int(channels),
            "is_copied": bool(is_copied),
            "name": str(name),
            "track": int(track),
            "label": str(label),
            "language": str() | None as language,
        }:
            return Sound(parse_cuts(cuts), channels, is_copied, name, track, label, language)
        case _:
            raise InvalidMedia("The stored sound of a stream lacks its fields.")


def sound_rates(sound: Sound) -> tuple[int, int]:
    """Return peak and average of a sound in bit/s; of what is copied, an allowance for stereo."""
    peak = 2 * BIT_RATE if sound.is_copied else bit_rate_of(sound.channels)
    return ceil(peak * SPEECH), peak
