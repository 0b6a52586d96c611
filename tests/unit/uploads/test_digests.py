"""Digests are read strictly, whoever wrote them how."""

from __future__ import annotations

import base64
import contextlib
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushes.uploads.checksum import DIGEST_BYTES, Algorithm, BadChecksum, Checksum
from rushes.uploads.digests import (
    NAMES,
    format_digest_field,
    format_digest_word,
    parse_digest_field,
    parse_digest_word,
    parse_wanted_field,
)

SHA256 = hashlib.sha256(b"hello\n").digest()
SHA512 = hashlib.sha512(b"hello\n").digest()
FIELD_256 = f"sha-256=:{base64.b64encode(SHA256).decode()}:"
FIELD_512 = f"sha-512=:{base64.b64encode(SHA512).decode()}:"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (FIELD_256, Checksum(Algorithm.SHA256, SHA256)),
        (f"{FIELD_256};by=us", Checksum(Algorithm.SHA256, SHA256)),
        (FIELD_512, Checksum(Algorithm.SHA512, SHA512)),
        (f"{FIELD_256}, {FIELD_512}", Checksum(Algorithm.SHA512, SHA512)),
        (f"md5=:AAAA:, {FIELD_256}", Checksum(Algorithm.SHA256, SHA256)),
        ("unixsum=:AAAA:", None),
        ("", None),
    ],
)
def test_a_field_gives_its_strongest_digest(text: str, expected: Checksum | None) -> None:
    """What it names beside those that we know is passed over."""
    assert expected == parse_digest_field(text)


@pytest.mark.parametrize(
    "text", ["sha-256", "sha-256=1", "sha-256=:AAAA:", "sha-256=AAAA", "sha-256=:!:", "é", "(a b)"]
)
def test_a_field_that_is_none_is_refused(text: str) -> None:
    """No byte sequence, a digest too short, no dictionary."""
    with pytest.raises(BadChecksum):
        parse_digest_field(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sha-256=1", Algorithm.SHA256),
        ("sha-256=3, sha-512=2", Algorithm.SHA256),
        ("sha-256=2, sha-512=3", Algorithm.SHA512),
        ("sha-256=2, sha-512=2", Algorithm.SHA512),
        ("sha-256=0, sha-512=10", Algorithm.SHA512),
        ("sha-256=0", None),
        ("md5=10", None),
        ("", None),
    ],
)
def test_the_most_wanted_algorithm_is_given(text: str, expected: Algorithm | None) -> None:
    """Between equals the stronger one."""
    assert expected == parse_wanted_field(text)


@pytest.mark.parametrize(
    "text", ["sha-256", "sha-256=11", "sha-256=-1", "md5=1.5", "=", "sha-256=("]
)
def test_a_wish_that_is_none_is_refused(text: str) -> None:
    """Preferences are whole numbers from 0 to 10."""
    with pytest.raises(BadChecksum):
        parse_wanted_field(text)


def test_a_field_is_written_as_it_is_read() -> None:
    """The names are those of the registry."""
    told = [Checksum(Algorithm.SHA256, SHA256), Checksum(Algorithm.SHA512, SHA512)]

    assert f"{FIELD_256}, {FIELD_512}" == format_digest_field(told)


@pytest.mark.covers("S-UP-06", "CF-14")
@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_word_is_read_in_both_forms(algorithm: Algorithm) -> None:
    """Hexadecimal in either case, and base64."""
    digest = bytes(range(100, 100 + DIGEST_BYTES[algorithm]))
    checksum = Checksum(algorithm, digest)
    name = NAMES[algorithm]

    assert checksum == parse_digest_word(format_digest_word(checksum))
    assert checksum == parse_digest_word(f" {name.upper()}: {digest.hex().upper()} ")
    assert checksum == parse_digest_word(f"{algorithm}:{base64.b64encode(digest).decode()}")


def test_a_word_is_written_with_the_usual_name() -> None:
    """`sha-256:` and hexadecimal digits."""
    told = format_digest_word(Checksum(Algorithm.SHA256, SHA256))

    assert f"sha-256:{SHA256.hex()}" == told


@pytest.mark.covers("CF-14")
@pytest.mark.parametrize(
    "text",
    ["", "sha-256", "sha3:00", "sha-256:", "sha-256:00", "md5:" + "g" * 32, "crc32:!", "crc32:é"],
)
def test_a_word_that_is_none_is_refused(text: str) -> None:
    """Unknown algorithms, and values of the wrong form or length."""
    with pytest.raises(BadChecksum):
        parse_digest_word(text)


@given(st.text())
def test_no_text_breaks_the_parsers(text: str) -> None:
    """They read it, or refuse it."""
    for parse in (parse_digest_field, parse_wanted_field, parse_digest_word):
        with contextlib.suppress(BadChecksum):
            parse(text)


@given(st.sampled_from(Algorithm), st.binary(min_size=64, max_size=64))
def test_every_digest_survives_both_ways(algorithm: Algorithm, noise: bytes) -> None:
    """Word and field give back what was written."""
    checksum = Checksum(algorithm, noise[: DIGEST_BYTES[algorithm]])

    assert checksum == parse_digest_word(format_digest_word(checksum))
    if algorithm in {Algorithm.SHA256, Algorithm.SHA512}:
        assert checksum == parse_digest_field(format_digest_field([checksum]))
