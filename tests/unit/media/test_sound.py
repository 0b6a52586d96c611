"""The sound's grid and its frames."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rushes.media.facts import AudioFacts, MediaKind, plain_info
from rushes.media.failures import InvalidMedia
from rushes.media.fragment import format_fragment, parse_fragment
from rushes.media.grid import plan_at_keys, plan_constant
from rushes.media.sound import (
    LEAD_IN,
    AdtsReader,
    SoundGrid,
    SoundStretch,
    bit_rate_of,
    format_cuts,
    pack_sound,
    parse_cuts,
    plan_copied_sound,
    plan_sound,
    plan_sound_alone,
    plan_stretch,
    sound_duration,
    tail_of,
)
from tests.support.filmed import FULL_HD


@given(
    st.sampled_from([Fraction(24_000, 1_001), Fraction(25), Fraction(60)]), st.integers(1, 3_000)
)
@settings(max_examples=100, deadline=None)
def test_sound_is_cut_nearest_to_the_picture(rate: Fraction, frames: int) -> None:
    """Each cut is at most half an AAC frame away; the end is not before the picture's."""
    grid = plan_constant(rate, frames / rate)
    cuts = plan_sound(grid)

    assert grid.count == cuts.count
    assert cuts.end == sum(cuts.frames_of(index) for index in range(cuts.count))
    heard = [cuts.seconds_of(index) for index in range(cuts.count)]
    for index in range(1, grid.count):
        wanted = Fraction(grid.begin_of(index), grid.timescale)
        assert abs(sum(heard[:index]) - wanted) <= Fraction(512, 48_000)
    assert 0 <= sum(heard) - grid.duration < Fraction(1_024, 48_000)


@pytest.mark.parametrize(
    ("seconds", "count"), [("0.5", 1), ("1.9", 1), ("2", 2), ("5.9", 2), ("6", 3), ("10", 4)]
)
def test_a_sound_alone_is_cut_after_one_second_then_every_four(seconds: str, count: int) -> None:
    """A tail under 1 s joins its neighbour."""
    assert count == plan_sound_alone(Fraction(seconds)).count


@pytest.mark.parametrize(
    ("lead", "frames", "expected"),
    [
        (0, 219, ((0, 43), 216)),
        (0, 400, ((0, 43), 400)),
        (2_112, 400, ((0, 45), 400)),
        (0, 9_000, ((0, 43), 216 + 1_291)),
        (1_024, 216, ((0, 44), 216)),
        (1_024, 212, ((0, 44), 212)),
        (1_024, 211, None),
        (0, 43, None),
        (250_000, 244, None),
    ],
)
def test_copied_sound_is_cut_where_it_has_frames(
    lead: int, frames: int, expected: tuple[tuple[int, ...], int] | None
) -> None:
    """Up to a tenth of a second before the end of the picture; what is heard after it goes on."""
    grid = plan_at_keys(30, Fraction(30), [0, 30], 150)

    found = plan_copied_sound(grid, 44_100, lead, frames)

    assert expected == (found and (found.starts, found.end))
    assert found is None or 44_100 - 1_024 < found.ticks_of(0) < 44_100 + 1_024


@pytest.mark.parametrize(
    ("start", "seconds", "damage", "expected"),
    [
        (0, "10", None, "0"),
        (0, "9", None, "0"),
        (0, "10.09", None, "0"),
        (0, "12.5", None, "2.5"),
        (2, "10", None, "2"),
        (0, "3600", None, "30"),
        (0, "12.5", "It is cut short.", "0"),
    ],
)
def test_a_sound_may_outlast_its_picture(
    start: int, seconds: str, damage: str | None, expected: str
) -> None:
    """By half a minute at most; what is broken is not believed, and a frame is no tail."""
    grid = plan_constant(Fraction(30), Fraction(10))
    sound = AudioFacts(0, "aac", 2, None, 48_000, Fraction(start), Fraction(seconds), None, None)
    facts = replace(plain_info(MediaKind.VIDEO, "mov", 1), damage=damage)
    film = replace(facts, video=replace(FULL_HD, start=Fraction(0)))
    late = replace(facts, video=replace(FULL_HD, start=Fraction(start)))

    assert Fraction(expected) == tail_of(film, sound, grid)
    cuts = plan_sound(grid, Fraction(expected))
    assert plan_sound(grid).starts == cuts.starts
    assert (
        0
        <= sum(map(cuts.seconds_of, range(cuts.count))) - 10 - Fraction(expected)
        < Fraction(1_024, 48_000)
    )
    assert tail_of(late, sound, grid) == tail_of(facts, sound, grid)


@pytest.mark.parametrize(("channels", "expected"), [(1, 128_000), (2, 128_000), (6, 384_000)])
def test_more_channels_get_more_bits(channels: int, expected: int) -> None:
    """As many for a pair of loudspeakers."""
    assert expected == bit_rate_of(channels)


def test_copied_sound_of_which_nothing_is_heard_is_none() -> None:
    """A tenth of a second of picture, before which all of its frames lie."""
    assert plan_copied_sound(plan_at_keys(30, Fraction(30), [0], 3), 44_100, 5_120, 5) is None


def test_a_sound_without_length_is_refused() -> None:
    """There is nothing to cut."""
    with pytest.raises(InvalidMedia):
        plan_sound_alone(Fraction(0))


def test_its_own_duration_comes_first() -> None:
    """The container's where it says none."""
    sound = AudioFacts(0, "aac", 2, None, 48_000, Fraction(0), Fraction(3), None, None)
    facts = replace(plain_info(MediaKind.AUDIO, "mov", 1), duration=Fraction(9), audio=(sound,))

    assert 3 == sound_duration(facts)
    assert 9 == sound_duration(replace(facts, audio=(replace(sound, duration=Fraction(0)),)))


def adts(payload: bytes, *, rate: int = 3, crc: bool = False) -> bytes:
    """Return a raw frame with its ADTS header."""
    size = len(payload) + (9 if crc else 7)
    head = bytes(
        [
            *(0xFF, 0xF0 if crc else 0xF1, 0x40 | rate << 2, 0x80 | size >> 11),
            *(size >> 3 & 0xFF, (size & 7) << 5 | 0x1F, 0xFC),
        ]
    )
    return head + (b"\0\0" if crc else b"") + payload


@pytest.mark.parametrize("step", [1, 5, 1_000])
def test_frames_are_cut_out_of_the_stream(step: int) -> None:
    """However it arrives, with and without a check sum."""
    stream = adts(b"one frame") + adts(b"x" * 2_100) + adts(b"checked", crc=True)
    reader, frames = AdtsReader(), list[bytes]()
    for at in range(0, len(stream), step):
        frames += reader.feed(stream[at : at + step])

    assert [b"one frame", b"x" * 2_100, b"checked"] == frames


@pytest.mark.parametrize("content", [b"ID3 and more", adts(b"other rate", rate=4), adts(b"")])
def test_what_is_no_frame_is_refused(content: bytes) -> None:
    """No sync word, another rate, no payload."""
    with pytest.raises(InvalidMedia):
        list(AdtsReader().feed(content))


def test_frames_are_packed_at_their_place() -> None:
    """The first frame of a segment gives its decode time."""
    fragment = pack_sound([b"a", b"bc"], 4, 100)

    again = parse_fragment(format_fragment(fragment))
    assert fragment == again
    assert (5, 102_400, 2_048, b"abc") == (
        again.sequence,
        again.decode_time,
        again.ticks,
        again.payload,
    )


def test_a_single_segment_holds_everything() -> None:
    """From its first frame to its last."""
    cuts = SoundGrid((0,), 11)

    assert (11, 0, Fraction(10 * 1_024, 48_000)) == (
        cuts.frames_of(0),
        cuts.begin_of(0),
        cuts.seconds_of(0),
    )


def test_cuts_come_back_from_their_row() -> None:
    """With rate and lead."""
    cuts = SoundGrid((0, 47), 100, 44_100, 2_112)

    assert cuts == parse_cuts(format_cuts(cuts))
    with pytest.raises(InvalidMedia):
        parse_cuts({"starts": [0]})


@pytest.mark.parametrize(
    ("first", "count", "expected"),
    [
        (0, 1, SoundStretch(0, 49 * 1_024, 0)),
        (1, 1, SoundStretch((48 - 1 - LEAD_IN) * 1_024, 237 * 1_024, 1 + LEAD_IN)),
        (1, 2, SoundStretch(43 * 1_024, 299 * 1_024, 5)),
        (0, 3, SoundStretch(0, 299 * 1_024, 0)),
    ],
)
def test_a_stretch_leads_in_and_ends_late(first: int, count: int, expected: SoundStretch) -> None:
    """On the same grid of frames; the first begins with the sound, the last ends with it."""
    cuts = SoundGrid((0, 48, 236), 300)

    assert expected == plan_stretch(cuts, first, count)


def test_a_short_lead_in_begins_with_the_sound() -> None:
    """There is nothing before it."""
    assert SoundStretch(0, 9 * 1_024, 3) == plan_stretch(SoundGrid((0, 3, 8), 20), 1, 1)
