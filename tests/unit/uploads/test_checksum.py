"""Checksums are read strictly, and computed as their standards say."""

from __future__ import annotations

import base64
import hashlib

import pytest

from rushes.uploads.checksum import DIGEST_BYTES, Algorithm, BadChecksum, parse_checksum, start

CHECK = b"123456789"
VALUES = {  # the CRCs: check values of https://reveng.sourceforge.io/crc-catalogue/
    Algorithm.CRC32: bytes.fromhex("cbf43926"),
    Algorithm.CRC32C: bytes.fromhex("e3069283"),
    Algorithm.MD5: hashlib.md5(CHECK, usedforsecurity=False).digest(),
    Algorithm.SHA1: hashlib.sha1(CHECK, usedforsecurity=False).digest(),
    Algorithm.SHA256: hashlib.sha256(CHECK).digest(),
    Algorithm.SHA512: hashlib.sha512(CHECK).digest(),
}


@pytest.mark.covers("CF-14", "S-UP-06")
@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_sum_is_that_of_its_standard_however_the_bytes_are_cut(algorithm: Algorithm) -> None:
    """In one piece and in two."""
    whole, halves = start(algorithm), start(algorithm)

    whole.update(memoryview(CHECK))
    halves.update(memoryview(CHECK)[:4])
    halves.update(memoryview(CHECK)[4:])

    assert VALUES[algorithm] == whole.digest() == halves.digest()
    assert DIGEST_BYTES[algorithm] == len(whole.digest())


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_header_is_read(algorithm: Algorithm) -> None:
    """The name, a space, base64."""
    told = f"{algorithm} {base64.b64encode(VALUES[algorithm]).decode()}"

    checksum = parse_checksum(told)

    assert (algorithm, VALUES[algorithm]) == (checksum.algorithm, checksum.digest)


@pytest.mark.parametrize(
    "told",
    ["", "sha1", "sha1 ", "sha512 AAAA", "SHA1 AAAA", "crc32 AAAAAAA=", "crc32 !AAAAA==", "md5 é"],
)
def test_a_header_that_is_none_is_refused(told: str) -> None:
    """Unknown names, broken base64, digests too short or too long."""
    with pytest.raises(BadChecksum):
        parse_checksum(told)
