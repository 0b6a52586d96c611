"""What a medium is: the facts that the probe found, checked before anything believes them.

All times are rational seconds on the container's own clock; sizes of pictures are as coded, and
`display_size` is what a person sees (rotation and pixel shape resolved).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Final

from rushes.media.failures import InvalidMedia
from rushes.media.reading import TAGS_AT_MOST, TEXT_AT_MOST, TRACKS_AT_MOST, Reader
from rushes.media.sequence import SequenceFacts, parse_sequence

SIDE_AT_MOST: Final = 65_535
SECONDS_AT_MOST: Final = 400 * 3_600
RATE_AT_MOST: Final = 90_000
ANSWER_BYTES_AT_MOST: Final = 64 * 2**20
RIGHT_ANGLES: Final = frozenset({0, 90, 180, 270})


class MediaKind(StrEnum):
    """What people would call it."""

    VIDEO = "video"
    AUDIO = "audio"
    IMAGE = "image"
    RAW = "raw"
    PDF = "pdf"
    SEQUENCE = "sequence"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """The first picture track that is no cover. `start` is the time of its first frame."""

    codec: str
    profile: str | None
    level: int | None
    pixel_format: str | None
    bit_depth: int
    width: int
    height: int
    sar: Fraction
    rotation: int
    frame_rate: Fraction
    variable_rate: bool
    field_order: str | None
    primaries: int
    transfer: int
    matrix: int
    full_range: bool
    alpha: bool
    start: Fraction
    duration: Fraction
    bit_rate: int | None

    @property
    def display_size(self) -> tuple[int, int]:
        """Return width and height in square pixels, the right way up; the wider side grows."""
        width, height = Fraction(self.width), Fraction(self.height)
        if self.sar > 1:
            width *= self.sar
        elif self.sar < 1:
            height /= self.sar
        sides = (round(width), round(height))
        return sides if self.rotation in {0, 180} else (sides[1], sides[0])


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """One sound track, `track` counted among sound tracks from 0."""

    track: int
    codec: str
    channels: int
    layout: str | None
    sample_rate: int
    start: Fraction
    duration: Fraction
    language: str | None
    bit_rate: int | None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """A still picture, the right way up; `pages` of a document, of which the first is shown."""

    width: int
    height: int
    frames: int
    alpha: bool
    pages: int = 0


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """All that is known of one original.

    `start` is the container's first time stamp. `frame_times` are in 1/90,000 s from the first
    frame, and there only where the rate varies; they are not stored (the grid keeps what counts).
    `gamma` is what the camera calls its curve.
    `damage` says in one sentence what is broken, None where nothing was seen.
    """

    kind: MediaKind
    container: str
    size_bytes: int
    start: Fraction
    duration: Fraction
    video: VideoFacts | None = None
    audio: tuple[AudioFacts, ...] = ()
    image: ImageFacts | None = None
    sequence: SequenceFacts | None = None
    subtitles: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    timecode: str | None = None
    camera: str | None = None
    gamma: str | None = None
    warnings: tuple[str, ...] = ()
    damage: str | None = None
    frame_times: tuple[int, ...] = ()


def plain_info(kind: MediaKind, container: str, size_bytes: int) -> MediaInfo:
    """Return what is known of a file that no tool looks into."""
    return MediaInfo(kind, container, size_bytes, Fraction(0), Fraction(0))


def format_media_info(facts: MediaInfo) -> dict[str, object]:
    """Return plain values for a row or a program; fractions become text such as `30000/1001`."""
    values = asdict(facts)
    del values["frame_times"]
    plain: dict[str, object] = json.loads(json.dumps(values, default=str))
    return plain


def parse_media_info(answer: str | bytes) -> MediaInfo:
    """Return the facts in one JSON object, or raise InvalidMedia.

    The text comes from a process that has read hostile bytes: every field is checked.
    """
    if len(answer) > ANSWER_BYTES_AT_MOST:
        raise InvalidMedia("The probe's answer is longer than any facts are.")
    try:
        values = json.loads(answer)
        if not isinstance(values, dict):
            raise InvalidMedia("The probe's answer is no object.")
        return _media_info(Reader(values))
    except (ValueError, KeyError, TypeError, ZeroDivisionError, RecursionError) as error:
        raise InvalidMedia("The probe's answer does not hold the facts of a medium.") from error


def parse_image(values: Mapping[str, object]) -> ImageFacts:
    """Return the facts of a still; raises ValueError, KeyError or TypeError where they are odd."""
    return _image(Reader(values))


def _media_info(reader: Reader) -> MediaInfo:
    video, image = reader.find_reader("video"), reader.find_reader("image")
    sequence = reader.find_reader("sequence")
    tags = [row for row in reader.rows("tags") if isinstance(row, list) and len(row) == 2]  # noqa: PLR2004 - pairs
    return MediaInfo(
        kind=MediaKind(reader.text("kind")),
        container=reader.text("container"),
        size_bytes=reader.whole("size_bytes", 0, 1 << 53),
        start=reader.fraction("start", -SECONDS_AT_MOST, SECONDS_AT_MOST),
        duration=reader.fraction("duration", 0, SECONDS_AT_MOST),
        video=None if video is None else _video(video),
        audio=tuple(_audio(row) for row in reader.readers("audio")),
        image=None if image is None else _image(image),
        sequence=None if sequence is None else parse_sequence(sequence),
        subtitles=tuple(str(row)[:TEXT_AT_MOST] for row in reader.rows("subtitles"))[:TAGS_AT_MOST],
        tags=tuple((str(k)[:TEXT_AT_MOST], str(v)[:TEXT_AT_MOST]) for k, v in tags)[:TAGS_AT_MOST],
        timecode=reader.find_text("timecode"),
        camera=reader.find_text("camera"),
        gamma=reader.find_text("gamma"),
        warnings=tuple(str(row)[:TEXT_AT_MOST] for row in reader.rows("warnings"))[:TAGS_AT_MOST],
        damage=reader.find_text("damage"),
        frame_times=_frame_times(reader.rows("frame_times")),
    )


def _frame_times(rows: list[object]) -> tuple[int, ...]:
    times = tuple(row for row in rows if isinstance(row, int))
    if any(later <= earlier for earlier, later in pairwise(times)):
        raise ValueError("frame_times")
    return times


def _video(reader: Reader) -> VideoFacts:
    rotation = reader.whole("rotation", 0, 359)
    sar = reader.fraction("sar", 0, 1_000)
    return VideoFacts(
        codec=reader.text("codec"),
        profile=reader.find_text("profile"),
        level=reader.find_whole("level", -99, 1_000),
        pixel_format=reader.find_text("pixel_format"),
        bit_depth=reader.whole("bit_depth", 0, 64),
        width=reader.whole("width", 1, SIDE_AT_MOST),
        height=reader.whole("height", 1, SIDE_AT_MOST),
        sar=sar if Fraction(1, 1_000) < sar else Fraction(1),
        rotation=rotation if rotation in RIGHT_ANGLES else 0,
        frame_rate=reader.fraction("frame_rate", 0, RATE_AT_MOST) or Fraction(25),
        variable_rate=reader.flag("variable_rate"),
        field_order=reader.find_text("field_order"),
        primaries=reader.whole("primaries", 0, 255),
        transfer=reader.whole("transfer", 0, 255),
        matrix=reader.whole("matrix", 0, 255),
        full_range=reader.flag("full_range"),
        alpha=reader.flag("alpha"),
        start=reader.fraction("start", -SECONDS_AT_MOST, SECONDS_AT_MOST),
        duration=reader.fraction("duration", 0, SECONDS_AT_MOST),
        bit_rate=reader.find_whole("bit_rate"),
    )


def _audio(reader: Reader) -> AudioFacts:
    return AudioFacts(
        track=reader.whole("track", 0, TRACKS_AT_MOST),
        codec=reader.text("codec"),
        channels=reader.whole("channels", 1, 64),
        layout=reader.find_text("layout"),
        sample_rate=reader.whole("sample_rate", 1, 10_000_000),
        start=reader.fraction("start", -SECONDS_AT_MOST, SECONDS_AT_MOST),
        duration=reader.fraction("duration", 0, SECONDS_AT_MOST),
        language=reader.find_text("language"),
        bit_rate=reader.find_whole("bit_rate"),
        title=reader.find_text("title"),
    )


def _image(reader: Reader) -> ImageFacts:
    return ImageFacts(
        width=reader.whole("width", 1, SIDE_AT_MOST),
        height=reader.whole("height", 1, SIDE_AT_MOST),
        frames=reader.whole("frames", 1, 1_000_000),
        alpha=reader.flag("alpha"),
        pages=reader.find_whole("pages", 0, 1_000_000) or 0,
    )
