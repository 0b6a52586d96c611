"""Sample tables are read to the last row, and never believed beyond their box."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from rushes.media import mp4
from rushes.media.failures import InvalidMedia
from rushes.media.samples import (
    EDITS_AT_MOST,
    SAMPLES_AT_MOST,
    Edit,
    SampleTable,
    Span,
    parse_tracks,
)
from tests.support.movies import Made, avc1, moov, picture, sound, table


def parse(made: Made) -> SampleTable:
    """Return the one track of a movie."""
    return parse_tracks(moov(made))[0]


def bent(kind: str, box: bytes) -> Made:
    """Return a picture with another table."""
    return picture(bent={kind: box})


def test_a_track_tells_its_samples() -> None:
    """Sizes, times of decoding and showing, key frames and places."""
    found = parse(picture(60))

    assert ("vide", 15_360, True) == (found.handler, found.timescale, found.is_upright)
    assert (60, 60 * 512) == (found.count, found.end)
    assert [0, 512, 1024] == list(found.decode_times[:3])
    assert [512, 1536, 1024] == found.shown_times()[:3]
    assert [0, 30] == list(found.list_sync())
    assert [1_000_000, 1_000_100] == [found.offsets[at] for at in (0, 1)]
    assert (avc1(),) == found.descriptions


def test_tracks_come_in_their_order() -> None:
    """The picture, then the sound."""
    found = parse_tracks(moov(picture(), sound()))

    assert ["vide", "soun"] == [each.handler for each in found]
    assert found[1].shown_times() == list(found[1].decode_times)
    assert range(190) == found[1].list_sync()


def test_key_frames_of_a_stretch_are_found() -> None:
    """Of sound that is each of its samples."""
    found = parse_tracks(moov(picture(60), sound()))

    assert [[0], [30], []] == [
        list(found[0].list_sync_within(*ends)) for ends in ((0, 30), (30, 60), (1, 30))
    ]
    assert range(3, 5) == found[1].list_sync_within(3, 5)


def test_neighbours_are_read_at_once() -> None:
    """Samples that lie side by side are one span; a gap begins another."""
    gap = table("stco", [(1_000,), (5_000,)])
    found = parse(picture(20, bent={"stco": gap}))

    assert [Span(1_800, 200), Span(5_000, 300)] == found.list_spans(8, 5)


def test_each_size_may_differ() -> None:
    """Then the table holds one for each sample."""
    sizes = mp4.make_full("stsz", 0, 0, mp4.pack("II20I", 0, 20, *range(1, 21)))

    assert list(range(1, 21)) == list(parse(picture(20, bent={"stsz": sizes})).sizes)


def test_delays_may_be_negative() -> None:
    """Some writers count from the picture that is shown first."""
    delays = table("ctts", [(1, 0), (19, 0xFFFFFFFF)])

    assert [0, 511] == parse(picture(20, bent={"ctts": delays})).shown_times()[:2]


def test_places_may_be_wide() -> None:
    """Files above 4 GiB have 64 bits for them."""
    wide = mp4.make_full("co64", 0, 0, mp4.pack("IQQ", 2, 1 << 33, 1 << 34))
    found = parse(picture(20, bent={"stco": wide}))

    assert [1 << 33, 1 << 34] == [found.offsets[0], found.offsets[10]]


def test_chunks_may_change_their_length() -> None:
    """A row holds until the next one."""
    rows = table("stsc", [(1, 5, 1), (2, 10, 1)])
    starts = table("stco", [(0,), (1_000,), (3_000,)])
    found = parse(picture(20, bent={"stsc": rows, "stco": starts}))

    assert [0, 1_000, 3_000] == [found.offsets[at] for at in (0, 5, 15)]


def test_the_end_is_that_of_the_chunk_which_reaches_farthest() -> None:
    """Chunks may stand in any order; what no sample lies in does not count."""
    rows = table("stsc", [(1, 5, 1), (2, 10, 1)])
    starts = table("stco", [(9_000,), (1_000,), (3_000,), (99_000,)])

    assert 9_500 == parse(picture(20, bent={"stsc": rows, "stco": starts})).offsets.find_end()
    starts = table("stco", [(1_000,), (9_000,), (3_000,)])
    assert 9_700 == parse(picture(12, bent={"stsc": rows, "stco": starts})).offsets.find_end()


def test_what_lies_in_the_file_is_told_by_its_last_chunks() -> None:
    """Those before them are far from its end; else each of them is looked at."""
    found = parse(replace(picture(1_200), per_chunk=2)).offsets

    assert [True, False] == [found.lie_before(1_000_000 + end) for end in (120_000, 119_999)]
    assert not found.lie_before(1_000_100)
    early = found.chunks[:100]
    found = replace(found, chunks=[*found.chunks[100:], *early])
    assert [True, False] == [found.lie_before(1_000_000 + end) for end in (120_000, 119_999)]
    assert found.find_end() == 1_120_000


def test_chunks_without_samples_lie_nowhere() -> None:
    """They may be told beyond the end of the file."""
    starts = table("stco", [(1_000,), (3_000,), (99_000,)])

    assert parse(picture(20, bent={"stco": starts})).offsets.lie_before(4_000)


def test_a_long_chunk_tells_each_of_its_samples() -> None:
    """However many there are before it."""
    sizes = mp4.make_full("stsz", 0, 0, mp4.pack("II1500I", 0, 1_500, *range(1_500)))
    found = parse(replace(picture(1_500, bent={"stsz": sizes}), per_chunk=1_500)).offsets

    places = [1_000_000 + sum(range(number)) for number in (0, 7, 1_000, 1_001, 1_499)]
    assert places == [found[number] for number in (0, 7, 1_000, 1_001, 1_499)]


def test_the_first_that_is_shown_need_not_be_decoded_first() -> None:
    """Where others wait less; without delays it is the first."""
    delays = table("ctts", [(1, 5_000), (0, 9), (2, 4_000), (17, 3_500)])
    found = parse(picture(20, bent={"ctts": delays}))

    assert (4_512, 4_512) == (found.first_shown(), min(found.shown_times()))
    assert [5_000, 4_000, 4_000, *[3_500] * 17] == list(found.compositions or ())
    assert 0 == parse(sound()).first_shown()


@pytest.mark.parametrize(
    ("rows", "end"),
    [
        ([(20, 512)], 10_240),
        ([(19, 512), (1, 100)], 9_828),
        ([(10, 512), (10, 100)], 6_120),
        ([(19, 512), (1, 100), (0, 7)], 9_828),
        ([(0, 7), (20, 512)], 10_240),
        ([(20, 0)], 0),
    ],
)
def test_steps_of_decoding_may_differ(rows: list[tuple[int, ...]], end: int) -> None:
    """Even ones, those with another last one, and any others."""
    found = parse(picture(20, bent={"stts": table("stts", rows)}))
    steps = [step for count, step in rows for _ in range(count)]
    times = [sum(steps[:number]) for number in range(20)]

    assert (times, end) == (list(found.decode_times), found.end)
    assert set(steps[:-1]) == found.list_steps()


def test_edits_are_read_in_seconds() -> None:
    """In both widths; an empty one shows nothing."""
    narrow = parse(picture(edits=[(500, -1, 1), (4_000, 512, 1)]))
    wide = parse(picture())

    empty, shown = narrow.edits
    assert Edit(Fraction(1, 2), None, is_plain=True) == empty
    assert Edit(Fraction(4), 512, is_plain=True) == shown
    assert 512 == wide.edits[0].media_time
    assert () == parse(picture(edits=[])).edits


def test_more_edits_than_any_film_has_are_refused() -> None:
    """Each would take a hundred times the memory of its bytes."""
    with pytest.raises(InvalidMedia):
        parse(picture(edits=[(0, 0, 1)] * (EDITS_AT_MOST + 1)))


def test_a_turned_picture_is_not_upright() -> None:
    """Its matrix says so."""
    whole = bytearray(moov(picture()))
    tkhd = mp4.find(bytes(whole), "moov/trak/tkhd")
    at = tkhd.body + 4 + 32 + 16
    whole[at : at + 16] = mp4.pack("4i", 0, 0x10000, 0, -0x10000)

    assert not parse_tracks(bytes(whole))[0].is_upright


@pytest.mark.parametrize(
    "made",
    [
        bent("stts", table("stts", [(119, 512)])),
        bent("stts", table("stts", [(0xFFFFFFFF, 512)])),
        bent("ctts", table("ctts", [(119, 512)])),
        bent("ctts", mp4.make_full("ctts", 0, 0, mp4.pack("I", 9))),
        bent("stsz", mp4.make_full("stsz", 0, 0, mp4.pack("II", 0, 120))),
        bent("stsz", mp4.make_full("stsz", 0, 0, mp4.pack("II", 1, 0))),
        bent("stsz", mp4.make_full("stsz", 0, 0, mp4.pack("II", 1, SAMPLES_AT_MOST + 1))),
        bent("stsz", b""),
        bent("stsd", b""),
        bent("stss", table("stss", [(2,), (1,)])),
        bent("stss", table("stss", [(0,)])),
        bent("stss", table("stss", [(121,)])),
        bent("stsc", b""),
        bent("stsc", table("stsc", [(2, 10, 1)])),
        bent("stsc", table("stsc", [(1, 0, 1)])),
        bent("stsc", table("stsc", [(1, 10, 2)])),
        bent("stsc", table("stsc", [(1, 1, 1), (1, 1, 1)])),
        bent("stco", table("stco", [(0,)])),
        bent("stco", b""),
        picture(edits=[(0, 0, 1)] * 3),
    ],
)
def test_tables_that_do_not_fit_are_refused(made: Made) -> None:
    """Each with the one error that readers of headers raise."""
    whole = moov(made)
    if made.edits:
        elst = mp4.find(whole, "moov/trak/edts/elst")
        whole = whole[: elst.body + 4] + mp4.pack("I", 9) + whole[elst.body + 8 :]

    with pytest.raises(InvalidMedia):
        parse_tracks(whole)


def test_fragments_are_not_tables() -> None:
    """A movie in fragments tells its samples elsewhere."""
    with pytest.raises(InvalidMedia, match="fragments"):
        parse_tracks(moov(picture(), extends=mp4.make("mvex")))


@pytest.mark.parametrize("path", ["moov/mvhd", "moov/trak/mdia/mdhd"])
def test_a_timescale_of_nothing_is_refused(path: str) -> None:
    """Nothing can be divided by it."""
    whole = moov(picture())
    box = mp4.find(whole, path)
    at = box.body + 4 + 16

    with pytest.raises(InvalidMedia, match="timescale"):
        parse_tracks(whole[:at] + bytes(4) + whole[at + 4 :])


@pytest.mark.parametrize("path", ["moov/mvhd", "moov/trak/mdia/mdhd"])
def test_old_headers_are_read(path: str) -> None:
    """Version 0 has times of 32 bits."""
    whole = moov(picture())
    box = mp4.find(whole, path)
    old = mp4.make_full(path[-4:], 0, 0, mp4.pack("4I", 0, 0, 7, 0), whole[box.body + 32 : box.end])
    shorter = whole[: box.start] + old
    padding = box.size_bytes - len(old)
    rest = mp4.make("free", bytes(padding - mp4.HEADER_BYTES))
    rebuilt = shorter + rest + whole[box.end :]

    assert 1 == len(parse_tracks(rebuilt))


def test_an_old_track_header_is_upright_too() -> None:
    """Version 0 of it is 12 bytes shorter."""
    whole = moov(picture())
    box = mp4.find(whole, "moov/trak/tkhd")
    old = mp4.make_full("tkhd", 0, 7, mp4.pack("5I", 0, 0, 1, 0, 0), whole[box.body + 36 : box.end])
    rest = mp4.make("free", bytes(box.size_bytes - len(old) - mp4.HEADER_BYTES))

    assert parse_tracks(whole[: box.start] + old + rest + whole[box.end :])[0].is_upright


def test_only_the_tracks_that_are_asked_for_are_unfolded() -> None:
    """The first picture and one sound; a short table of another may stand for millions."""
    broken = replace(sound(), boxes={"stsz": b""})
    movie = moov(picture(), replace(picture(20), boxes={"stsz": b""}), sound(), broken)

    assert ["vide", "soun"] == [each.handler for each in parse_tracks(movie)]
    assert ["vide"] == [each.handler for each in parse_tracks(movie, sound=2)]
    with pytest.raises(InvalidMedia):
        parse_tracks(movie, sound=1)
