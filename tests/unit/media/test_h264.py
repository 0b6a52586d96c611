"""What an H.264 stream says of itself is read bit by bit, and not beyond the last one."""

from __future__ import annotations

import pytest

from rushes.media import mp4
from rushes.media.failures import InvalidMedia
from rushes.media.h264 import IDR, UNITS_AT_MOST, Stream, find_picture, parse_entry, unit_bytes_of
from tests.support.movies import SPS, avc1, avcc


def unit(profile: int, *fields: str) -> bytes:
    """Return a parameter set of this profile, level 3.0, with these bits behind its id."""
    bits = "1" + "".join(fields)
    bits += "0" * (-len(bits) % 8)
    body = int(bits, 2).to_bytes(len(bits) // 8, "big")
    return bytes([0x67, profile, 0, 30]) + body


def golomb(value: int) -> str:
    """Return a number in Exp-Golomb code."""
    text = f"{value + 1:b}"
    return "0" * (len(text) - 1) + text


def frame(order: str, progressive: str = "1") -> str:
    """Return the fields from the number of frames on."""
    return golomb(0) + order + golomb(4) + "0" + golomb(39) + golomb(22) + progressive


ORDER_0 = golomb(0) + golomb(2)
ORDER_1 = golomb(1) + "0" + golomb(0) + golomb(0) + golomb(2) + golomb(1) + golomb(1)
ORDER_2 = golomb(2)
PLAIN = golomb(1) + golomb(0) + golomb(0) + "0" + "0"
LISTS = golomb(1) + golomb(0) + golomb(0) + "0" + "1"


def test_what_an_encoder_wrote_is_read() -> None:
    """High profile at level 3.0, 4:2:0 in 8 bit, whole pictures."""
    stream, record = parse_entry(avc1())

    assert Stream(100, 30, 1, 8, is_progressive=True, sets=1) == stream
    assert avcc() == record


@pytest.mark.parametrize(
    ("sps", "expected"),
    [
        (unit(66, frame(ORDER_2)), (66, 1, 8, True)),
        (unit(77, frame(ORDER_0, "0")), (77, 1, 8, False)),
        (unit(77, frame(ORDER_1)), (77, 1, 8, True)),
        (unit(100, PLAIN, frame(ORDER_2)), (100, 1, 8, True)),
        (unit(110, golomb(1), golomb(2), golomb(2), "00", frame(ORDER_2)), (110, 1, 10, True)),
        (unit(244, golomb(3), "0", golomb(0), golomb(0), "00", frame(ORDER_2)), (244, 3, 8, True)),
        (unit(100, LISTS, "0" * 8, frame(ORDER_2)), (100, 1, 8, True)),
        (unit(100, LISTS, "1", golomb(0) * 16, "0" * 7, frame(ORDER_2)), (100, 1, 8, True)),
        (unit(100, LISTS, "0" * 7, "1", golomb(16), frame(ORDER_2)), (100, 1, 8, True)),
        (
            unit(244, golomb(3), "0", golomb(0) * 2, "01", "0" * 12, frame(ORDER_2)),
            (244, 3, 8, True),
        ),
    ],
)
def test_each_form_of_a_parameter_set_is_read(
    sps: bytes, expected: tuple[int, int, int, bool]
) -> None:
    """Profiles with and without colour fields, three ways to count, lists of scaling."""
    stream, _ = parse_entry(avc1(avcc(sps)))

    found = (stream.profile, stream.chroma, stream.bit_depth, stream.is_progressive)
    assert expected == found


@pytest.mark.parametrize(
    "description",
    [
        b"",
        avc1(kind="hvc1"),
        avc1(mp4.make("pasp", bytes(8))),
        avc1(avcc(sets=0)),
        avc1(mp4.make("avcC", bytes(8))),
        avc1(mp4.make("avcC", mp4.pack("6BH", 1, 100, 0, 30, 0xFF, 0xE1, 99))),
        avc1(avcc(SPS[:6])),
        avc1(avcc(bytes(4) + bytes(40))),
    ],
)
def test_broken_records_are_refused(description: bytes) -> None:
    """With the one error of readers of headers."""
    with pytest.raises(InvalidMedia):
        parse_entry(description)


def sample(*types: int, unit_bytes: int = 4) -> bytes:
    """Return a sample with units of these types, three bytes each."""
    return b"".join((3).to_bytes(unit_bytes) + bytes([0x60 | kind, 1, 2]) for kind in types)


@pytest.mark.parametrize(
    ("head", "unit_bytes", "expected"),
    [
        (sample(5), 4, IDR),
        (sample(9, 7, 8, 6, 5), 4, IDR),
        (sample(9, 6, 1), 4, 1),
        (sample(6, 5, unit_bytes=2), 2, IDR),
        (sample(*[6] * (UNITS_AT_MOST - 1), 5), 4, IDR),
        (sample(*[6] * UNITS_AT_MOST, 5), 4, None),
        (sample(9, 6), 4, None),
        (sample(9, 5)[:9], 4, None),
        (b"", 4, None),
        (bytes(40), 1, None),
    ],
)
def test_the_picture_of_a_sample_is_found(
    head: bytes, unit_bytes: int, expected: int | None
) -> None:
    """Past what stands before it; None where it comes later than what was read."""
    assert expected == find_picture(head, unit_bytes)


def test_a_record_tells_how_long_lengths_are() -> None:
    """Four bytes, as nearly everywhere."""
    assert 4 == unit_bytes_of(avcc())
