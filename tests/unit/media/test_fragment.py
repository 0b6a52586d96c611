"""Fragments: read from any tool, written in one form, cut from a growing stream."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rushes.media import fragment as module
from rushes.media import mp4
from rushes.media.failures import InvalidMedia
from rushes.media.fragment import (
    Defaults,
    Fragment,
    PieceReader,
    Sample,
    format_fragment,
    parse_fragment,
    parse_head,
    place,
    with_track_id,
)

EVEN = Fragment(
    1,
    3,
    90_000,
    (Sample(10, 2, is_sync=True, composition=20), Sample(10, 3, is_sync=False)),
    b"abcde",
)
UNEVEN = replace(EVEN, samples=(Sample(10, 2, is_sync=True), Sample(11, 3, is_sync=False)))
SOUND = replace(EVEN, samples=(Sample(1024, 2, is_sync=True), Sample(1024, 3, is_sync=True)))
NEGATIVE = replace(EVEN, samples=(Sample(10, 2, is_sync=True, composition=-4), *EVEN.samples[1:]))


@pytest.mark.parametrize("fragment", [EVEN, UNEVEN, SOUND, NEGATIVE])
def test_a_fragment_comes_back_as_it_was_written(fragment: Fragment) -> None:
    """All that a sample is, and all bytes."""
    content = format_fragment(fragment)

    assert fragment == parse_fragment(content)
    assert replace(fragment, payload=b"") == parse_head(content)
    assert 20 <= fragment.ticks


def test_another_track_id_changes_nothing_else() -> None:
    """Four bytes, in place."""
    content = format_fragment(EVEN)

    changed = with_track_id(content, 2)

    assert replace(EVEN, track_id=2) == parse_fragment(changed)
    assert content == with_track_id(changed, 1)


def foreign(
    *, tfhd: bytes = b"", tfhd_flags: int = 0, trun: bytes = b"", trun_flags: int = 0, **more: bytes
) -> bytes:
    """Return a fragment as another writer might make it."""
    tfdt = more.get("tfdt", mp4.make_full("tfdt", 0, 0, mp4.pack("I", 7)))
    return mp4.make(
        "moof",
        mp4.make_full("mfhd", 0, 0, mp4.pack("I", 1)),
        mp4.make(
            "traf",
            mp4.make_full("tfhd", 0, tfhd_flags, mp4.pack("I", 1), tfhd),
            tfdt,
            mp4.make_full("trun", 0, trun_flags, trun),
        ),
    ) + mp4.make("mdat", more.get("mdat", b"abcd"))


def test_defaults_stand_in_for_what_a_run_does_not_say() -> None:
    """First those of the init, then those of the fragment, then the run's own."""
    plain = foreign(trun=mp4.pack("I", 2))
    full = foreign(
        tfhd=mp4.pack("QIIII", 0, 1, 5, 2, 0x10000),
        tfhd_flags=0x1 | 0x2 | 0x8 | 0x10 | 0x20,
        trun=mp4.pack("IiI", 2, 99, 0),
        trun_flags=0x1 | 0x4,
    )

    assert (Sample(8, 2, is_sync=True),) * 2 == parse_fragment(plain, Defaults(8, 2)).samples
    assert (Sample(5, 2, is_sync=True), Sample(5, 2, is_sync=False)) == parse_fragment(full).samples
    assert 7 == parse_fragment(full).decode_time


@pytest.mark.parametrize(
    "content",
    [
        foreign(trun=mp4.pack("I", 0)),
        foreign(trun=mp4.pack("I", 1_000_001)),
        foreign(trun=mp4.pack("I", 9), trun_flags=0x200),
        foreign(trun=mp4.pack("II", 1, 5), trun_flags=0x200),
        foreign(trun=mp4.pack("II", 1, 4), trun_flags=0x200, tfdt=b""),
        mp4.make("moof") + mp4.make("mdat"),
        b"",
    ],
)
def test_a_malformed_fragment_is_refused(content: bytes) -> None:
    """No samples, too many, not its data, no time, nothing at all."""
    with pytest.raises(InvalidMedia):
        parse_fragment(content)


def test_many_runs_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only each by itself."""
    monkeypatch.setattr(module, "SAMPLES_AT_MOST", 1)
    content = format_fragment(replace(EVEN, samples=EVEN.samples[:1], payload=b"ab"))
    trun = content[(box := mp4.find(content, "moof/traf/trun")).start : box.end]
    twice = content[: box.end] + trun + content[box.end :]
    grown = bytearray(twice)
    for path in ("moof", "moof/traf"):
        at = mp4.find(content, path).start
        (size,) = struct.unpack_from(">I", grown, at)
        struct.pack_into(">I", grown, at, size + len(trun))

    with pytest.raises(InvalidMedia, match="more samples"):
        parse_fragment(bytes(grown))


def test_a_fragment_is_placed_on_the_grid() -> None:
    """Its last sample ends where the next segment begins."""
    placed = place(EVEN, sequence=8, decode_time=1_000, ticks=25)

    assert (8, 1_000, 25, 15) == (
        placed.sequence,
        placed.decode_time,
        placed.ticks,
        placed.samples[-1].duration,
    )
    with pytest.raises(InvalidMedia):
        place(EVEN, sequence=8, decode_time=1_000, ticks=10)


INIT = mp4.make("ftyp", b"iso6") + mp4.make("moov", b"tables")
STREAM = (
    INIT
    + mp4.make("styp")
    + format_fragment(EVEN)
    + mp4.make("sidx", b"1")
    + format_fragment(SOUND)
    + mp4.make("mfra")
)


@pytest.mark.parametrize("step", [1, 7, 40, 10_000])
def test_a_stream_is_cut_at_its_borders(step: int) -> None:
    """However it arrives; other boxes are left out."""
    reader, pieces = PieceReader(), list[tuple[str, bytes]]()
    for at in range(0, len(STREAM), step):
        pieces += reader.feed(STREAM[at : at + step])

    assert [
        ("init", INIT),
        ("fragment", format_fragment(EVEN)),
        ("fragment", format_fragment(SOUND)),
    ] == pieces


def test_data_without_a_head_is_no_piece() -> None:
    """An mdat alone belongs to nothing."""
    assert [] == list(PieceReader().feed(mp4.make("mdat", b"x")))


def test_a_stream_without_sizes_or_bounds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tool cannot make us wait for ever."""
    with pytest.raises(InvalidMedia):
        list(PieceReader().feed(b"\0\0\0\0mdat"))
    monkeypatch.setattr(module, "PIECE_AT_MOST", 10)
    with pytest.raises(InvalidMedia):
        list(PieceReader().feed(bytes(11)))


@given(st.binary(max_size=300), st.integers(0, 200))
@settings(max_examples=100, deadline=None)
def test_a_mutated_fragment_raises_nothing_else(noise: bytes, at: int) -> None:
    """Any bytes are a fragment or InvalidMedia."""
    content = bytearray(format_fragment(EVEN))
    content[at : at + len(noise)] = noise
    try:
        parse_fragment(bytes(content))
        with_track_id(bytes(content), 2)
        list(PieceReader().feed(bytes(content)))
    except InvalidMedia:
        pass
