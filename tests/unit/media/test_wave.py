"""Peaks, their picture, and the loudness that a filter reports."""

from __future__ import annotations

import json
import struct
from fractions import Fraction

import pytest

from rushes.media.wave import (
    INK,
    PAPER,
    PICTURE_SIZE,
    POINTS_AT_MOST,
    Loudness,
    Meter,
    draw_waveform,
    format_waveform,
    parse_loudness,
)

SUMMARY = """[Parsed_ebur128_0] Summary:

  Integrated loudness:
    I:         -23.1 LUFS
    Threshold: -33.2 LUFS

  Loudness range:
    LRA:         4.5 LU
    Threshold: -43.2 LUFS

  True peak:
    Peak:       -1.2 dBFS
"""


def samples(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}h", *values)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(Fraction(0), 16), (Fraction(8), 16), (Fraction(60), 120), (Fraction(3_600), 7_200)],
)
def test_there_are_never_more_than_four_thousand_points(seconds: Fraction, expected: int) -> None:
    """A longer sound has longer points."""
    assert expected == Meter(seconds).samples_of_point


def test_a_point_is_the_least_and_the_greatest_sample() -> None:
    """However the bytes arrive; the rest is a point of its own, and half a sample is nothing."""
    meter = Meter(Fraction(1))
    content = samples(*range(-8, 8)) + samples(*[32_767] * 16) + samples(-32_768, 256) + b"\1"

    for at in range(0, len(content), 7):
        meter.feed(content[at : at + 7])
    meter.finish()
    meter.finish()

    assert [(-1, 0), (127, 127), (-128, 1)] == meter.points


def test_what_is_longer_than_it_said_is_cut() -> None:
    """No answer grows with a file that lies."""
    meter = Meter(Fraction(0))

    meter.feed(bytes(32 * (POINTS_AT_MOST + 9)))

    assert POINTS_AT_MOST == len(meter.points)


def test_the_answer_is_that_of_audiowaveform() -> None:
    """Version 2, so that other players read it."""
    meter = Meter(Fraction(1))
    meter.feed(samples(*[512, -512] * 8))

    assert {
        "version": 2,
        "channels": 1,
        "sample_rate": 8_000,
        "samples_per_pixel": 16,
        "bits": 8,
        "length": 1,
        "data": [-2, 2],
    } == json.loads(format_waveform(meter))


@pytest.mark.parametrize(("level", "is_high"), [(0, False), (32_000, True)])
def test_the_picture_shows_how_loud_it_is(level: int, *, is_high: bool) -> None:
    """Silence is a line; between bars there is paper."""
    meter = Meter(Fraction(1))
    meter.feed(samples(*[level] * 8_000))

    head, _, pixels = draw_waveform(meter).partition(b"255\n")

    width, height = PICTURE_SIZE
    assert b"P6 1280 720 " == head
    assert width * height * 3 == len(pixels)
    middle, upper = height // 2 * width * 3, height // 4 * width * 3
    assert INK == pixels[middle : middle + 3]
    assert PAPER == pixels[middle + 12 : middle + 15]
    assert is_high == (INK == pixels[upper : upper + 3])


def test_a_sound_without_samples_has_a_picture_too() -> None:
    """A line, as for silence."""
    assert INK in draw_waveform(Meter(Fraction(1)))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (SUMMARY, Loudness(-23.1, 4.5, -1.2)),
        (SUMMARY.replace("-23.1", "-9.0") + SUMMARY, Loudness(-23.1, 4.5, -1.2)),
        (SUMMARY.replace("-23.1", "-70.0").replace("-1.2", "-inf"), None),
        ("nothing of the kind", None),
    ],
)
def test_loudness_is_read_from_the_summary(words: str, expected: Loudness | None) -> None:
    """The last one counts; silence has none."""
    assert expected == parse_loudness(words)
