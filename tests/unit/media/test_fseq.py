"""FSEQ and ESEQ: every field, every compression, and files that lie about themselves."""

from __future__ import annotations

import io
import random
import struct
from dataclasses import replace

import pytest
from PIL import Image

from rushes.media import fseq
from rushes.media.fseq import INVALID, TRUNCATED, Unreadable, parse_header, read_frames
from tests.support.shows import Show, effect_file

PLAIN = Show()


def parsed(content: bytes) -> fseq.Header:
    """Return what the header of these bytes says."""
    return parse_header(content[: fseq.HEAD_BYTES], len(content))


@pytest.mark.covers("S-MD-01", "S-MD-02", "BG-35")
@pytest.mark.parametrize(
    ("show", "expected"),
    [
        (Show(major=1), {"version": "1.0", "compression": "none", "blocks": 0}),
        (Show(), {"version": "2.0", "compression": "none", "blocks": 0}),
        (Show(compression=1), {"compression": "zstd", "blocks": 4}),
        (Show(compression=2), {"compression": "zlib", "blocks": 4}),
        (Show(compression=2, empty_blocks=300), {"compression": "zlib", "blocks": 4}),
        (Show(magic=b"FSEQ"), {"format": "fseq"}),
        (
            Show(compression=2, ranges=((0, 100), (5000, 50))),
            {"channels": 150, "ranges": [(0, 100), (5000, 50)]},
        ),
        (Show(texts=()), {"channels": 300}),
        (Show(texts=((b"mf", b"gl\xfcck.mp3\0"),)), {"media_file": "glück.mp3"}),
        (Show(texts=((b"xy", b"\x01" * 2_000), (b"mf", b"a.mp3\0"))), {"media_file": "a.mp3"}),
        (Show(step=50, frames=7, channels=9), {"step_ms": 50, "frames": 7, "channels": 9}),
    ],
)
def test_the_header_says_what_the_writer_wrote(show: Show, expected: dict[str, object]) -> None:
    """Both versions, three compressions, sparse ranges, and headers longer than a kilobyte."""
    facts = parsed(show.write()).facts()

    assert expected == {name: facts[name] for name in expected}


def test_media_file_and_producer_are_read() -> None:
    """They are the two variable headers that people ask for."""
    facts = parsed(PLAIN.write()).facts()

    assert ("C:\\Shows\\song.mp3", "tests 1") == (facts["media_file"], facts["producer"])


@pytest.mark.parametrize("compression", [0, 1, 2])
@pytest.mark.parametrize("major", [1, 2])
def test_every_frame_comes_back(major: int, compression: int) -> None:
    """Whatever the compression, frames are those that were written, in order."""
    show = Show(major=major, compression=compression, frames=120, channels=31)
    content = show.write()

    read = list(read_frames(io.BytesIO(content), parsed(content)))

    assert [(number, show.frame(number)) for number in range(120)] == read


def test_an_effect_file_knows_where_its_channels_start() -> None:
    """ESEQ has no number of frames: the length of the file gives it."""
    header = parsed(effect_file(frames=40, channels=30, start=101))

    assert ("eseq", 40, 30, 50, [(100, 30)]) == (
        header.format,
        header.frames,
        header.channels,
        header.step_ms,
        header.ranges,
    )


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", INVALID),
        (b"RIFF" + bytes(40), INVALID),
        (b"ESEQ" + bytes(10), TRUNCATED),
        (PLAIN.write()[:20], TRUNCATED),
        (PLAIN.write()[:30], TRUNCATED),
        (PLAIN.write()[:60], TRUNCATED),
        (PLAIN.write()[:7] + b"\x07" + PLAIN.write()[8:], INVALID),
        (PLAIN.write()[:21] + b"\xff" + PLAIN.write()[22:], INVALID),
    ],
)
def test_what_is_no_sequence_is_refused(content: bytes, status: int) -> None:
    """Another magic, another version, a header that is cut, tables larger than the header."""
    with pytest.raises(Unreadable) as refused:
        parsed(content)

    assert status == refused.value.status


def test_blocks_out_of_order_are_refused() -> None:
    """They would make a reader go over the same frames for ever."""
    content = bytearray(Show(compression=2).write())
    struct.pack_into("<I", content, 32 + 8, 0)

    with pytest.raises(Unreadable, match="out of order"):
        parsed(bytes(content))


@pytest.mark.parametrize("compression", [0, 1, 2])
def test_a_file_that_ends_early_says_so_and_shows_the_rest(compression: int) -> None:
    """Frames that are there are read."""
    content = replace(PLAIN, compression=compression, frames=400).write()
    half = content[: len(content) // 2]

    header = parsed(half)
    frames = list(read_frames(io.BytesIO(half), header))

    assert 0 < len(frames) < 400
    assert any("missing" in warning for warning in header.warnings)


def test_odd_figures_are_warnings() -> None:
    """A frame without a duration and ranges that do not add up keep their facts."""
    content = bytearray(Show(step=0, ranges=((0, 100), (200, 50))).write())
    struct.pack_into("<I", content, 10, 120)

    header = parsed(bytes(content))

    assert [
        "Its ranges do not add up to its channels.",
        "The duration of a frame is missing.",
    ] == header.warnings


@pytest.mark.parametrize(
    "show",
    [
        Show(compression=1),
        Show(frames=1, channels=1),
        Show(frames=4_000, channels=10),
        Show(frames=20, channels=6_000, compression=2),
        Show(step=0),
    ],
)
def test_a_show_becomes_a_heat_map_and_a_moving_picture(show: Show) -> None:
    """The map is large enough to see; what moves is small enough to send."""
    content = show.write()

    pictures = {
        name: (size, data) for name, size, data in fseq.draw(io.BytesIO(content), parsed(content))
    }

    (width, height), heat = pictures["heatmap.png"]
    with Image.open(io.BytesIO(heat)) as picture:
        assert (width, height) == picture.size
    assert 400 <= width <= 1_600
    assert 128 <= height <= 512
    assert 0 < len(pictures["moving.webp"][1]) <= fseq.MOVING_BYTES


def test_the_map_shows_the_brightest_of_each_light() -> None:
    """One flash in a thousand dark frames is seen, at its time and in its row."""
    flash = bytearray(Show(frames=1_600, channels=9, texts=()).write())
    header = parsed(bytes(flash))
    flash[header.data :] = bytes(1_600 * 9)
    flash[header.data + 800 * 9 + 3 : header.data + 800 * 9 + 6] = b"\xff\x00\x00"

    (_, size, heat), *_ = fseq.draw(io.BytesIO(bytes(flash)), header)

    with Image.open(io.BytesIO(heat)) as picture:
        row = size[1] // 3 + 1
        assert (255, 0, 0) == picture.getpixel((800, row))
        assert (0, 0, 0) == picture.getpixel((799, row))
        assert (0, 0, 0) == picture.getpixel((800, 0))


@pytest.mark.parametrize("show", [Show(frames=0), Show(channels=0)])
def test_an_empty_show_has_no_picture(show: Show) -> None:
    """There is nothing to see, and nothing fails."""
    content = show.write()

    assert [] == fseq.draw(io.BytesIO(content), parsed(content))


def test_a_show_of_an_unknown_compression_keeps_its_facts() -> None:
    """Its number is named, and no picture is tried."""
    content = bytearray(PLAIN.write())
    content[20] = 9

    header = parsed(bytes(content))

    assert "unknown (9)" == header.compression
    assert [] == fseq.draw(io.BytesIO(bytes(content)), header)


def test_damaged_content_never_raises_anything_else() -> None:
    """Bits that flip anywhere end in frames, or in the one error of this reader."""
    source = random.Random(7)  # noqa: S311 - the same damage each time
    for compression in (0, 1, 2):
        whole = Show(compression=compression, frames=60, channels=12, ranges=((3, 12),)).write()
        for _ in range(300):
            content = bytearray(whole)
            for _ in range(source.randint(1, 6)):
                content[source.randrange(len(content))] = source.randrange(256)
            try:
                header = parsed(bytes(content))
            except Unreadable:
                continue
            if 0 < header.channels < 10_000 > header.frames:
                assert all(frame for _, frame in read_frames(io.BytesIO(bytes(content)), header))
