"""Only what a grid can tell exactly is copied, and then no sample is lost or doubled."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest

from rushes.media import mp4
from rushes.media.copying import (
    NotCopied,
    PictureCopy,
    check_gaps,
    picture_span,
    plan_picture,
    plan_sound,
    sound_fragment,
    sound_span,
)
from rushes.media.fragment import format_fragment, parse_fragment
from rushes.media.movie import Track
from rushes.media.samples import SampleTable, parse_tracks
from tests.support.movies import SPS, Made, avc1, avcc, moov, picture, sound

RATE = Fraction(30)


def parse(made: Made) -> SampleTable:
    """Return the one track of a movie."""
    return parse_tracks(moov(made))[0]


def test_cuts_stand_at_key_frames() -> None:
    """The first 1 s or more after the start, the others 4 s or more after the last."""
    copy = plan_picture(parse(picture(300, 36)), RATE)

    assert [0, 36, 180] == [start // 334 for start in copy.grid.starts]
    assert (0, 36, 180, 300) == copy.bounds
    assert 300 * 334 == copy.grid.end
    assert copy.track.lead == 334
    assert "avc1.64001e" == copy.track.codec


def test_every_sample_is_in_one_segment() -> None:
    """Segments tile, and each sample keeps the moment at which it is shown."""
    copy = plan_picture(parse(picture(300, 30)), RATE)

    shown = []
    for index in range(copy.grid.count):
        first, count = picture_span(copy, index)
        written = format_fragment(copy.fragment(index, bytes(100 * count)))
        fragment = parse_fragment(written)
        assert copy.grid.begin_of(index) == fragment.decode_time
        assert copy.grid.ticks_of(index) == fragment.ticks
        assert fragment.samples[0].is_sync
        at = fragment.decode_time - copy.track.lead
        for sample in fragment.samples:
            shown.append(at + sample.composition)
            at += sample.duration
        assert first == copy.bounds[index]
    assert list(range(0, 300 * 334, 334)) == sorted(shown)


def test_open_groups_are_no_cuts() -> None:
    """Where a picture after a key frame is shown before it, nothing is cut."""
    made = picture(300, 30)
    delays = list(made.delays)
    delays[150:153] = [1_024, 0, 512]

    copy = plan_picture(parse(replace(made, delays=delays)), RATE)

    assert (0, 30, 150, 270, 300) == plan_picture(parse(made), RATE).bounds
    assert (0, 30, 180, 300) == copy.bounds


@pytest.mark.parametrize("rate", [Fraction(30), Fraction(30_000, 1_001), Fraction(15)])
def test_times_are_the_same_however_they_are_found(rate: Fraction) -> None:
    """At once where a picture is decoded at each place of the grid, else one by one."""
    uneven = parse(picture(300, 30))
    even = replace(uneven, decode_times=range(0, 300 * 512, 512))

    planned = [outcome(each, rate) for each in (even, uneven)]

    assert planned[0] == planned[1]


def outcome(table: SampleTable, rate: Fraction) -> object:
    """Return what is planned of a picture, or why nothing is."""
    try:
        copy = plan_picture(table, rate)
    except NotCopied as why:
        return str(why)
    return copy.grid, copy.track, copy.bounds, list(copy.times), list(copy.shown)


def test_a_varying_rate_keeps_its_own_times() -> None:
    """In 1/90,000 s, cut at key frames as well."""
    made = Made(
        Track("vide", 600, avc1(), 0, 640, 360), [20, 30, 25, 50] * 30, keys=list(range(0, 120, 12))
    )

    copy = plan_picture(parse(made), None)

    assert copy.grid.rate is None
    assert [0, 20, 50] == [time // 150 for time in copy.shown[:3]]
    assert all(earlier < later for earlier, later in pairwise(copy.shown))
    assert sum(made.durations) * 150 == copy.grid.end
    assert (0, 24, 120) == copy.bounds


def test_rates_are_those_of_the_segments() -> None:
    """The highest of them, and that of the whole; none is more than is told, heads included."""
    copy = plan_picture(parse(picture(60, 30)), RATE)

    assert (28_864, 28_864) == copy.rates()
    largest = max(len(format_fragment(copy.fragment(at, bytes(3_000)))) for at in range(2))
    assert 27_000 < 8 * largest <= 28_864


def refused(made: Made, rate: Fraction | None = RATE) -> str:
    """Return why a picture is not copied."""
    with pytest.raises(NotCopied) as found:
        plan_picture(parse(made), rate)
    return str(found.value)


def coded(sps: bytes = SPS, sets: int = 1) -> Made:
    """Return a picture with this parameter set."""
    return replace(picture(), track=Track("vide", 15_360, avc1(avcc(sps, sets)), 512, 640, 360))


INTERLACED = bytes([0x67, 77, 0, 30]) + int("111101010000100000110011000", 2).to_bytes(4, "big")
DEEP = bytes([0x67, 110, 0, 30]) + int("1" + "010" + "011" + "011" + "00" + "1" * 20, 2).to_bytes(
    4, "big"
)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (replace(picture(), track=Track("vide", 15_360, avc1(kind="hvc1"))), "plain H.264"),
        (coded(sets=2), "parameter sets"),
        (coded(DEEP[:4] + bytes([0b10100110, 0b11001111, 0xFF, 0xFF])), "8 bit"),
        (coded(bytes([0x67, 77, 0, 30, 0b11101001, 0b01010100, 0, 0, 0, 0])), "interlaced"),
        (picture(edits=[(2_000, 512, 1)]), "edit list"),
        (picture(edits=[(4_000, 2_048, 1)]), "edit list"),
        (picture(edits=[(4_000, 512, 2)]), "edit list"),
        (picture(edits=[(2_000, 512, 1), (2_000, 512, 1)]), "edit list"),
        (picture(edits=[(2_000, 512, 1), (2_000, -1, 1)]), "edit list"),
        (replace(picture(), durations=[512] * 60 + [1_024] + [512] * 59), "missing"),
        (replace(picture(), delays=[0, 0, -512 + 512, *[512] * 117], durations=[512] * 120), ""),
        (replace(picture(), keys=[30]), "key frame"),
    ],
)
def test_what_cannot_be_copied_says_why(made: Made, why: str) -> None:
    """In words that follow "because"."""
    if why:
        assert why in refused(made)
    else:
        assert refused(made)


def test_a_fast_picture_is_not_copied() -> None:
    """Its ladder has every second frame."""
    assert "60" in refused(picture(), Fraction(120))


def test_doubled_times_are_not_copied() -> None:
    """Two pictures at one moment cannot both be shown."""
    assert "doubled" in refused(replace(picture(), delays=[512, 0, *[512] * 118]), None)


def test_a_turned_picture_is_not_copied() -> None:
    """Players of segments do not turn it."""
    turned = replace(parse(picture()), is_upright=False)

    with pytest.raises(NotCopied, match="turned"):
        plan_picture(turned, RATE)


def test_two_descriptions_are_not_copied() -> None:
    """A segment has one."""
    parsed = parse(picture())

    with pytest.raises(NotCopied, match="coding"):
        plan_picture(replace(parsed, descriptions=parsed.descriptions * 2), RATE)


@pytest.mark.parametrize("edits", [[], [(500, -1, 1), (4_000, 512, 1)], [(0, 512, 1)]])
def test_a_shift_of_the_start_is_no_obstacle(edits: list[tuple[int, int, int]]) -> None:
    """No edits, an empty one first, or one without an end."""
    assert plan_picture(parse(picture(edits=edits)), RATE).grid.count == 2


def test_far_key_frames_make_long_segments() -> None:
    """Viewers do not wait for more than ten seconds of film."""
    check_gaps(plan_picture(parse(picture(300, 300)), RATE))
    with pytest.raises(NotCopied, match="11 s apart"):
        check_gaps(plan_picture(parse(picture(330, 330)), RATE))


def with_sound(made: Made, shown: Made | None = None) -> tuple[SampleTable, PictureCopy]:
    """Return the sound and the copy of the picture of a movie."""
    tables = parse_tracks(moov(shown or picture(), made))
    return tables[1], plan_picture(tables[0], RATE)


def test_sound_is_cut_beside_the_picture() -> None:
    """In whole frames, its priming before the first picture."""
    table_of_sound, copy = with_sound(sound())

    found = plan_sound(table_of_sound, copy.table, copy.grid)

    assert (0, 1_024, 48_000, 2) == (
        found.first, found.cuts.lead, found.cuts.rate, found.channels,
    )  # fmt: skip
    assert (0, 48) == found.cuts.starts
    assert found.cuts.end == 189  # 4 s and the priming, in whole frames
    assert (48, 141) == sound_span(found, 1)
    written = format_fragment(sound_fragment(found, 1, bytes(14_100)))
    assert 48 * 1_024 == parse_fragment(written).decode_time


def test_much_that_is_cut_away_is_not_copied() -> None:
    """One frame stays before the first that is heard, for the decoder to begin with."""
    table_of_sound, copy = with_sound(sound(300, edits=[(5_000, 10_300, 1)]))

    found = plan_sound(table_of_sound, copy.table, copy.grid)

    assert (9, 10_300 - 9 * 1_024) == (found.first, found.cuts.lead)


def test_a_picture_that_begins_late_is_met_by_its_sound() -> None:
    """What is heard before the picture is left out."""
    shown = picture(edits=[(1_000, -1, 1), (4_000, 512, 1)])
    table_of_sound, copy = with_sound(sound(300), shown)

    found = plan_sound(table_of_sound, copy.table, copy.grid)

    assert 1_024 + 48_000 == found.first * 1_024 + found.cuts.lead


def bad_sound(description: bytes) -> Made:
    """Return sound with another description."""
    made = sound()
    return replace(made, track=replace(made.track, description=description))


def configured(config: int) -> bytes:
    """Return a description with these 16 bits of configuration."""
    whole = sound().track.description
    at = whole.index(mp4.pack("BB", 5, 2)) + 2
    return whole[:at] + mp4.pack("H", config) + whole[at + 2 :]


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (sound(150), "ends before"),
        (sound(edits=[(500, -1, 1), (4_000, 1_024, 1)]), "begins after"),
        (sound(edits=[(500, 0, 1), (4_000, 1_024, 1)]), "edit list"),
        (sound(edits=[(4_000, 1_024, 2)]), "edit list"),
        (replace(sound(), durations=[1_024, 960] * 95), "even frames"),
        (bad_sound(mp4.make("ac-3", bytes(30))), "not AAC"),
        (bad_sound(mp4.make("mp4a", bytes(28), mp4.make_full("esds", 0, 0, bytes(30)))), "not AAC"),
        (bad_sound(configured(5 << 11 | 3 << 7 | 2 << 3)), "plain AAC"),
        (bad_sound(configured(2 << 11 | 4 << 7 | 2 << 3)), "plain AAC"),
        (bad_sound(configured(2 << 11 | 15 << 7 | 2 << 3)), "plain AAC"),
        (bad_sound(configured(2 << 11 | 3 << 7 | 2 << 3 | 4)), "plain AAC"),
        (bad_sound(configured(2 << 11 | 3 << 7 | 6 << 3)), "two channels"),
    ],
)
def test_sound_that_cannot_be_copied_says_why(made: Made, why: str) -> None:
    """It is encoded then."""
    table_of_sound, copy = with_sound(made)

    with pytest.raises(NotCopied, match=why):
        plan_sound(table_of_sound, copy.table, copy.grid)


def quicktime(version: int, *, is_wrapped: bool) -> Made:
    """Return sound as QuickTime describes it: more fields, and often `esds` in a box of its own."""
    whole = sound().track.description
    entry = next(mp4.walk(whole))
    esds = mp4.find(whole, "esds", entry.body + 28, entry.end)
    inner = whole[esds.start : esds.end]
    box = mp4.make("wave", mp4.make("frma", b"mp4a"), inner) if is_wrapped else inner
    fixed = bytearray(whole[entry.body : entry.body + 28])
    fixed[8:10] = mp4.pack("H", version)
    more = bytes({1: 16, 2: 36}.get(version, 0))
    return bad_sound(mp4.make("mp4a", bytes(fixed), more, box))


@pytest.mark.parametrize(
    "made",
    [
        quicktime(1, is_wrapped=True),
        quicktime(1, is_wrapped=False),
        quicktime(2, is_wrapped=True),
        quicktime(0, is_wrapped=False),
    ],
)
def test_sound_of_quicktime_is_copied(made: Made) -> None:
    """A MOV of a telephone or a camera holds the same AAC as an MP4."""
    table_of_sound, copy = with_sound(made)

    found = plan_sound(table_of_sound, copy.table, copy.grid)

    assert 2 == found.channels


def test_two_sounds_in_one_track_are_not_copied() -> None:
    """A segment has one description."""
    table_of_sound, copy = with_sound(sound())
    twice = replace(table_of_sound, descriptions=table_of_sound.descriptions * 2)

    with pytest.raises(NotCopied, match="even"):
        plan_sound(twice, copy.table, copy.grid)


def test_a_sound_of_no_kind_is_not_copied() -> None:
    """Its description is empty."""
    table_of_sound, copy = with_sound(sound())

    with pytest.raises(NotCopied, match="not AAC"):
        plan_sound(replace(table_of_sound, descriptions=(b"",)), copy.table, copy.grid)


@pytest.mark.parametrize("edits", [[], [(10, -1, 1)]])
def test_a_picture_without_edits_begins_with_its_media(edits: list[tuple[int, int, int]]) -> None:
    """At the moment of its first frame, or after what an empty edit says."""
    table_of_sound, copy = with_sound(sound(), picture(edits=[]))
    edited = replace(copy.table, edits=parse(picture(edits=edits)).edits)

    found = plan_sound(table_of_sound, edited, copy.grid)

    assert 1_024 + 1_600 + (480 if edits else 0) == found.first * 1_024 + found.cuts.lead


def test_long_descriptors_are_read() -> None:
    """Their sizes may be spread over four bytes, as QuickTime and ffmpeg write them."""
    config = mp4.pack("H", 2 << 11 | 3 << 7 | 2 << 3)

    def spread(tag: int, body: bytes) -> bytes:
        """Return a descriptor whose size has four bytes."""
        return mp4.pack("5B", tag, 0x80, 0x80, 0x80, len(body)) + body

    decoder = mp4.pack("BBBHII", 0x40, 0x15, 0, 0, 0, 0) + spread(5, config)
    esds = mp4.make_full("esds", 0, 0, spread(3, mp4.pack("HB", 1, 0) + spread(4, decoder)))
    table_of_sound, copy = with_sound(bad_sound(mp4.make("mp4a", bytes(28), esds)))

    assert 2 == plan_sound(table_of_sound, copy.table, copy.grid).channels


def test_a_size_without_end_is_refused() -> None:
    """Four bytes are the most."""
    esds = mp4.make_full("esds", 0, 0, b"\3" + b"\x80" * 8)
    table_of_sound, copy = with_sound(bad_sound(mp4.make("mp4a", bytes(28), esds)))

    with pytest.raises(NotCopied, match="not AAC"):
        plan_sound(table_of_sound, copy.table, copy.grid)


def test_key_frames_need_no_table() -> None:
    """Where all pictures decode alone, each may be a cut."""
    made = replace(picture(120, 1), keys=None, delays=[], edits=[])

    assert (0, 30, 120) == plan_picture(parse(made), RATE).bounds
