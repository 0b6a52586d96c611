"""Inits, indexes and codec strings, as other programs read them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rushes.media import movie, mp4
from rushes.media.failures import InvalidMedia
from rushes.media.fragment import Defaults, Fragment, Sample, format_fragment, with_track_id
from rushes.media.movie import (
    Reference,
    Track,
    aac_track,
    codec_of,
    format_brands,
    format_index,
    format_init,
    format_movie,
    format_trak,
    parse_track,
    stand_alone,
)

AVCC = mp4.make("avcC", bytes.fromhex("0164001fffe1"))
AVC1 = mp4.make("avc1", mp4.pack("24xHH50x", 1280, 720), AVCC)
PICTURE = Track("vide", 30_000, AVC1, 2_002, 1280, 720)
SOUND = aac_track(48_000, 2, 128_000)


@pytest.mark.parametrize("track", [PICTURE, SOUND, replace(SOUND, lead=0)])
def test_a_track_comes_back_from_its_init(track: Track) -> None:
    """Its description, its size and its lead."""
    parsed, defaults = parse_track(format_init([track]))

    assert track == parsed
    assert Defaults() == defaults


def test_codec_strings_tell_profile_and_level() -> None:
    """From the bytes that the decoder gets."""
    assert ("avc1.64001f", "mp4a.40.2") == (PICTURE.codec, SOUND.codec)
    assert (True, False) == (PICTURE.is_video, SOUND.is_video)


@pytest.mark.parametrize(
    "description",
    [b"", mp4.make("hvc1", bytes(100)), mp4.make("avc1", bytes(78)), mp4.make("mp4a", bytes(28))],
)
def test_other_codecs_have_no_string(description: bytes) -> None:
    """We make H.264 and AAC, and nothing is guessed."""
    with pytest.raises(InvalidMedia):
        codec_of(description)


def test_a_whole_file_tells_its_duration_and_counts_its_tracks() -> None:
    """mehd has it in milliseconds."""
    init = format_init([PICTURE, SOUND], 12_345)
    mehd = mp4.find(init, "moov/mvex/mehd")

    assert (12_345,) == mp4.unpack("Q", init, mehd.body + 4, mehd.end)
    with pytest.raises(InvalidMedia, match="2 tracks"):
        parse_track(init)


def test_a_track_may_keep_its_number_alone() -> None:
    """Its fragments lie in a file where it is the second."""
    init = format_init([SOUND], first_id=2)
    tkhd, trex = mp4.find(init, "moov/trak/tkhd"), mp4.find(init, "moov/mvex/trex")

    assert (2,) == mp4.unpack("I", init, tkhd.body + 20, tkhd.end)
    assert (2,) == mp4.unpack("I", init, trex.body + 4, trex.end)


def moov(track: Track, tables: bytes, extends: bytes = b"") -> bytes:
    """Return an init around these tables."""
    trak = format_trak(track, 1, tables, ticks=0, movie_ticks=0)
    return format_brands(b"isom") + format_movie([trak], 0, extends)


def stbl(description: bytes) -> bytes:
    """Return sample tables with this description."""
    return mp4.make("stbl", mp4.make_full("stsd", 0, 0, mp4.pack("I", 1), description))


def test_a_movie_without_fragments_has_no_defaults() -> None:
    """No mvex."""
    assert (PICTURE, Defaults()) == parse_track(moov(PICTURE, stbl(AVC1)))


def test_defaults_of_the_init_are_read() -> None:
    """trex: duration, size, flags."""
    trex = mp4.make_full("trex", 0, 0, mp4.pack("5I", 1, 1, 10, 20, 30))

    _, defaults = parse_track(moov(PICTURE, stbl(AVC1), mp4.make("mvex", trex)))

    assert Defaults(10, 20, 30) == defaults


PLACES = {"mdhd": "moov/trak/mdia/mdhd", "elst": "moov/trak/edts/elst", "edts": "moov/trak/edts"}


def old_header(kind: str, replaced: bytes) -> bytes:
    """Return an init in which a box was replaced by one of the same size or a smaller one."""
    init = moov(PICTURE, stbl(AVC1))
    box = mp4.find(init, PLACES[kind])
    filler = mp4.make("free", bytes(box.size_bytes - len(replaced) - 8))
    return init[: box.start] + replaced + filler + init[box.end :]


def test_headers_of_32_bits_are_read_too() -> None:
    """Versions 0 of mdhd and elst, an empty edit, and no edit list at all."""
    mdhd = mp4.make_full("mdhd", 0, 0, mp4.pack("IIIIHH", 0, 0, 90_000, 0, 0, 0))
    elst = mp4.make_full("elst", 0, 0, mp4.pack("IIiI", 1, 0, 512, 0x10000))
    empty = mp4.make_full("elst", 0, 0, mp4.pack("IIiI", 1, 5, -1, 0x10000))
    none = mp4.make_full("elst", 0, 0, mp4.pack("III", 0, 0, 0))

    assert 90_000 == parse_track(old_header("mdhd", mdhd))[0].timescale
    assert 512 == parse_track(old_header("elst", elst))[0].lead
    assert 0 == parse_track(old_header("elst", empty))[0].lead
    assert 0 == parse_track(old_header("elst", none))[0].lead
    assert 0 == parse_track(old_header("edts", b""))[0].lead


@pytest.mark.parametrize(
    "track", [replace(PICTURE, timescale=0), replace(PICTURE, description=b"")]
)
def test_a_track_without_clock_or_description_is_refused(track: Track) -> None:
    """There is nothing to decode by."""
    with pytest.raises(InvalidMedia):
        parse_track(moov(track, stbl(track.description)))


def test_the_index_counts_bytes_and_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each reference begins with a key frame; 65,535 are the most."""
    index = format_index(90_000, [Reference(1_000, 90_000), Reference(2_000, 360_000)])

    assert (1, 90_000) == mp4.unpack("II", index, 12, len(index))
    assert (2, 1_000, 90_000, 0x90000000) == mp4.unpack("HIII", index, 38, len(index))
    monkeypatch.setattr(movie, "REFERENCES_AT_MOST", 1)
    with pytest.raises(InvalidMedia):
        format_index(1, [Reference(1, 1)] * 2)


@pytest.mark.parametrize(("rate", "channels"), [(48_001, 2), (48_000, 3), (48_000, 0)])
def test_only_ordinary_sound_is_described(rate: int, channels: int) -> None:
    """AAC-LC, stereo at most, at a rate that has an index."""
    with pytest.raises(InvalidMedia):
        aac_track(rate, channels, 1)


@given(st.binary(min_size=1, max_size=40), st.integers(0, 900))
@settings(max_examples=100, deadline=None)
def test_a_mutated_init_raises_nothing_else(noise: bytes, at: int) -> None:
    """Any bytes are an init or InvalidMedia."""
    content = bytearray(format_init([PICTURE]))
    content[at : at + len(noise)] = noise
    with suppress(InvalidMedia):
        parse_track(bytes(content))[0].codec  # noqa: B018 - asked for its errors


def test_a_second_track_can_stand_alone_again() -> None:
    """Who began with the sound as a first track goes on with it."""
    alone, second = format_init([SOUND]), format_init([SOUND], first_id=2)
    first = format_fragment(Fragment(1, 1, 0, (Sample(1_024, 3, is_sync=True),), b"abc"))

    assert alone != second
    assert alone == stand_alone(second)
    assert first != with_track_id(first, 2)
    assert first == stand_alone(with_track_id(first, 2))
