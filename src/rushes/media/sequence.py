"""What a light sequence is: the facts of FSEQ, ESEQ and the XML of xLights, checked."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from rushes.media.reading import TEXT_AT_MOST, Reader

NAMES_AT_MOST: Final = 200
RANGES_AT_MOST: Final = 255
COUNT_AT_MOST: Final = 2**32
STEP_AT_MOST: Final = 255

SHOWN_CHANNELS_AT_MOST: Final = 16 * 2**20
COMPRESSIONS: Final = frozenset({"none", "zstd", "zlib"})

FORMATS: Final = frozenset({"fseq", "eseq", "xsq", "layout", "networks", "xmodel"})


@dataclass(frozen=True, slots=True)
class SequenceFacts:
    """One sequence, or one file of its surroundings.

    `channels`, `frames` and `step_ms` are of FSEQ and ESEQ; `step_ms` 0 is a broken header. Of
    `ranges` each is (first channel, count). `models` and `timings` are the first `NAMES_AT_MOST`
    names, `model_count` counts all. `media_file` is what the author's machine called the music.
    """

    format: str
    version: str | None = None
    channels: int | None = None
    frames: int | None = None
    step_ms: int | None = None
    compression: str | None = None
    blocks: int | None = None
    ranges: tuple[tuple[int, int], ...] = ()
    media_file: str | None = None
    producer: str | None = None
    name: str | None = None
    author: str | None = None
    song: str | None = None
    artist: str | None = None
    timing: str | None = None
    sequence_type: str | None = None
    models: tuple[str, ...] = ()
    model_count: int = 0
    timings: tuple[str, ...] = ()
    effects: int = 0
    groups: int = 0
    controllers: int = 0
    submodels: int = 0

    @property
    def frame_rate(self) -> Fraction | None:
        """Return frames per second; None where no frame has a duration."""
        return Fraction(1_000, self.step_ms) if self.step_ms else None

    @property
    def is_show(self) -> bool:
        """Return whether there are frames of lights that can be drawn."""
        channels = self.channels or 0
        is_known = self.compression in COMPRESSIONS
        return bool(self.frames) and 0 < channels <= SHOWN_CHANNELS_AT_MOST and is_known


def parse_sequence(reader: Reader) -> SequenceFacts:
    """Return the facts; raises ValueError, KeyError or TypeError where they are odd."""
    kind = reader.text("format")
    if kind not in FORMATS:
        raise ValueError("format")
    return SequenceFacts(
        format=kind,
        version=reader.find_text("version"),
        channels=reader.find_whole("channels", 0, COUNT_AT_MOST),
        frames=reader.find_whole("frames", 0, COUNT_AT_MOST),
        step_ms=reader.find_whole("step_ms", 0, STEP_AT_MOST),
        compression=reader.find_text("compression"),
        blocks=reader.find_whole("blocks", 0, COUNT_AT_MOST),
        ranges=_ranges(reader.rows("ranges")),
        media_file=reader.find_text("media_file"),
        producer=reader.find_text("producer"),
        name=reader.find_text("name"),
        author=reader.find_text("author"),
        song=reader.find_text("song"),
        artist=reader.find_text("artist"),
        timing=reader.find_text("timing"),
        sequence_type=reader.find_text("sequence_type"),
        models=_names(reader.rows("models")),
        model_count=reader.find_whole("model_count") or 0,
        timings=_names(reader.rows("timings")),
        effects=reader.find_whole("effects") or 0,
        groups=reader.find_whole("groups") or 0,
        controllers=reader.find_whole("controllers") or 0,
        submodels=reader.find_whole("submodels") or 0,
    )


def parse_seconds(text: str | None) -> Fraction:
    """Return what xLights says of a duration, `183.250`; 0 where it says nothing of use."""
    try:
        seconds = Fraction(text or "0")
    except (ValueError, ZeroDivisionError):
        return Fraction(0)
    return seconds if 0 <= seconds <= 400 * 3_600 else Fraction(0)


def _names(rows: list[object]) -> tuple[str, ...]:
    return tuple(str(row)[:TEXT_AT_MOST] for row in rows[:NAMES_AT_MOST])


def _ranges(rows: list[object]) -> tuple[tuple[int, int], ...]:
    pairs = []
    for row in rows[:RANGES_AT_MOST]:
        match row:
            case [int(first), int(count)] if 0 <= first <= COUNT_AT_MOST >= count >= 0:
                pairs.append((first, count))
            case _:
                raise ValueError("ranges")
    return tuple(pairs)
