"""Numbers of frames, as editors write them; the track that holds the first of them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rushes.media import mp4
from rushes.media.timecode import Timecode, parse_timecode

PAL, FILM = Fraction(25), Fraction(24_000, 1_001)
NTSC, NTSC_60 = Fraction(30_000, 1_001), Fraction(60_000, 1_001)


@pytest.mark.parametrize(
    ("text", "rate", "frame"),
    [
        ("00:00:00:00", PAL, 0),
        ("01:00:00:00", PAL, 90_000),
        ("23:59:59:24", PAL, 2_159_999),
        ("01:00:00:00", FILM, 86_400),
        ("10:00:00:12", Fraction(50), 1_800_012),
        ("00:01:00:00", NTSC, 1_800),
        ("00:00:59;29", NTSC, 1_799),
        ("00:01:00;02", NTSC, 1_800),
        ("00:09:59;29", NTSC, 17_981),
        ("00:10:00;00", NTSC, 17_982),
        ("01:00:00;00", NTSC, 107_892),
        ("23:59:59;29", NTSC, 2_589_407),
        ("00:01:00;04", NTSC_60, 3_600),
        ("01:00:00;00", NTSC_60, 215_784),
    ],
)
def test_a_number_is_read_and_written(text: str, rate: Fraction, frame: int) -> None:
    """Left-out numbers count no frame; an hour of them is an hour of the clock, nearly."""
    found = parse_timecode(text, rate)

    assert found is not None
    assert (frame, text, ";" in text) == (found.frame, found.text, found.is_drop)


@pytest.mark.parametrize(
    ("text", "rate", "written"),
    [
        ("01:00:00.00", NTSC, "01:00:00;00"),
        ("01:00:00,00", NTSC, "01:00:00;00"),
        ("01:00:00;00", PAL, "01:00:00:00"),
        ("01:00:00;00", FILM, "01:00:00:00"),
        ("01:00:00;00", Fraction(30), "01:00:00:00"),
    ],
)
def test_only_rates_that_drop_do(text: str, rate: Fraction, written: str) -> None:
    """Whatever stands before the frames."""
    found = parse_timecode(text, rate)

    assert found is not None
    assert written == found.text


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        (None, PAL),
        ("", PAL),
        ("1:00:00:00", PAL),
        ("01:00:00", PAL),
        ("01:00:00:00\n", PAL),
        ("24:00:00:00", PAL),
        ("00:60:00:00", PAL),
        ("00:00:60:00", PAL),
        ("00:00:00:25", PAL),
        ("00:01:00;00", NTSC),
        ("00:01:00;03", NTSC_60),
        ("01:00:00:00", None),
        ("01:00:00:00", Fraction(120)),
        ("01:00:00:00", Fraction(1, 2)),
    ],
)
def test_what_is_no_number_is_none(text: str | None, rate: Fraction | None) -> None:
    """Odd forms, times that no clock shows, numbers that are left out, rates that have none."""
    assert parse_timecode(text, rate) is None


@given(
    rate=st.sampled_from([PAL, FILM, NTSC, NTSC_60]),
    wants_drop=st.booleans(),
    frame=st.integers(0, 2_000_000),
)
@settings(max_examples=200, deadline=None)
def test_every_frame_has_one_number(rate: Fraction, *, wants_drop: bool, frame: int) -> None:
    """What is written is read as the same frame."""
    timecode = Timecode(frame, rate, wants_drop and rate in {NTSC, NTSC_60})

    assert timecode == parse_timecode(timecode.text, rate)


@pytest.mark.parametrize(
    ("is_drop", "rate", "expected"),
    [(True, NTSC, (3, 30_000, 1_001, 30)), (False, PAL, (2, 25, 1, 25))],
)
def test_its_track_tells_how_it_counts(
    *, is_drop: bool, rate: Fraction, expected: tuple[int, ...]
) -> None:
    """Flags, parts of a second, parts of a frame, numbers of a second; one sample."""
    timecode = Timecode(107_892, rate, is_drop)
    track = timecode.track()

    assert ("tmcd", rate.numerator) == (track.handler, track.timescale)
    assert (1, 0, *expected) == mp4.unpack("6xHIIIIBx", track.description, 8, 34)
    assert (107_892).to_bytes(4) == timecode.sample()
    trak = timecode.trak(3, 1_234, Fraction(2))
    stbl = mp4.find(trak, "trak/mdia/minf/stbl")
    assert (1, 1, 2 * rate.numerator) == mp4.unpack(
        "4xIII", trak, mp4.find(trak, "stts", stbl.body, stbl.end).body, len(trak)
    )
    assert (1, 1_234) == mp4.unpack(
        "4xII", trak, mp4.find(trak, "stco", stbl.body, stbl.end).body, len(trak)
    )


def test_days_of_film_have_a_timecode_too() -> None:
    """What its one sample can say of their length is less than they are."""
    assert Timecode(0, NTSC_60).trak(2, 100, Fraction(30 * 3_600))
