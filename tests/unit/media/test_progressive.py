"""A plain MP4: tables instead of fragments, the same samples in the same order."""

from __future__ import annotations

from fractions import Fraction

import pytest

from rushes.media import mp4
from rushes.media.failures import InvalidMedia
from rushes.media.fragment import Fragment, Sample, format_fragment
from rushes.media.progressive import Row, plan_plain
from rushes.media.timecode import Timecode
from tests.unit.media.test_layout import PICTURE, SOUND

FIRST = format_fragment(
    Fragment(
        1,
        1,
        0,
        (Sample(10, 2, is_sync=True, composition=20), Sample(10, 3, is_sync=False)),
        b"abcde",
    )
)
SECOND = format_fragment(
    Fragment(1, 2, 20, (Sample(10, 4, is_sync=True, composition=20),), b"fghi")
)
PLAIN = format_fragment(Fragment(1, 1, 0, (Sample(1_024, 4, is_sync=True),) * 2, b"soundhey"))
MORE = format_fragment(Fragment(1, 2, 2_048, (Sample(1_024, 1, is_sync=True),) * 2, b"xy"))
TRACKS = [
    (PICTURE, [Row(0, FIRST), Row(1_000, SECOND)]),
    (SOUND, [Row(500, PLAIN), Row(1_500, MORE)]),
]
SIZE = 2_000


def table(head: bytes, trak: int, name: str, layout: str) -> tuple[int, ...]:
    """Return the numbers of a sample table."""
    moov = mp4.find(head, "moov")
    traks = [box for box in mp4.walk(head, moov.body, moov.end) if box.kind == "trak"]
    box = mp4.find(head, f"mdia/minf/stbl/{name}", traks[trak].body, traks[trak].end)
    return mp4.unpack(layout, head, box.body + 4, box.end)


def test_samples_are_named_where_they_lie() -> None:
    """Each fragment is one chunk; what stands between them is passed over."""
    head = plan_plain(TRACKS, SIZE)
    first, second = len(head) + len(FIRST) - 5, len(head) + 1_000 + len(SECOND) - 4
    heard, more = len(head) + 500 + len(PLAIN) - 8, len(head) + 1_500 + len(MORE) - 2

    assert (2, first, second) == table(head, 0, "co64", "IQQ")
    assert (2, heard, more) == table(head, 1, "co64", "IQQ")
    assert (1, *b"mdat", SIZE + 16) == mp4.unpack("I4BQ", head, len(head) - 16, len(head))


def test_the_head_of_a_fragment_is_enough() -> None:
    """Its samples are not read; without the head of its data there is nothing to name."""
    short = [(PICTURE, [Row(0, FIRST[:-5]), Row(1_000, SECOND[:-4])])]

    assert plan_plain(TRACKS[:1], SIZE) == plan_plain(short, SIZE)
    with pytest.raises(InvalidMedia, match="no data"):
        plan_plain([(PICTURE, [Row(0, FIRST[:-13])])], SIZE)


def test_a_timecode_comes_before_the_rest() -> None:
    """Its one sample lies first in the data; all others begin behind it."""
    timecode = Timecode(90_000, Fraction(25))
    head = plan_plain(TRACKS, SIZE, timecode)
    first, second = len(head) + len(FIRST) - 5, len(head) + 1_000 + len(SECOND) - 4

    assert timecode.sample() == head[-4:]
    assert (1, len(head) - 4) == table(head, 2, "stco", "II")
    assert (2, first, second) == table(head, 0, "co64", "IQQ")
    assert (1, *b"mdat", SIZE + 4 + 16) == mp4.unpack("I4BQ", head, len(head) - 20, len(head) - 4)


def test_tables_tell_durations_sizes_and_keys() -> None:
    """Runs where values repeat."""
    head = plan_plain(TRACKS, SIZE)

    assert (1, 3, 10) == table(head, 0, "stts", "III")
    assert (3, 1, 20, 1, 0, 1, 20) == table(head, 0, "ctts", "7I")
    assert (2, 1, 3) == table(head, 0, "stss", "III")
    assert (0, 3, 2, 3, 4) == table(head, 0, "stsz", "5I")
    assert (2, 1, 2, 1, 2, 1, 1) == table(head, 0, "stsc", "7I")
    assert (1, 1, 2, 1) == table(head, 1, "stsc", "4I")


def test_sound_needs_neither_keys_nor_compositions() -> None:
    """Every frame is one."""
    head = plan_plain(TRACKS, SIZE)

    for name in ("stss", "ctts"):
        with pytest.raises(InvalidMedia):
            table(head, 1, name, "I")


@pytest.mark.parametrize("tracks", [[], [TRACKS[0], (SOUND, TRACKS[1][1][:1])]])
def test_tracks_of_different_length_are_no_file(tracks: list) -> None:  # type: ignore[type-arg]
    """Nor is nothing."""
    with pytest.raises(InvalidMedia):
        plan_plain(tracks, SIZE)
