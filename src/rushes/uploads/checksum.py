"""Checksums that a sender names for one body: sha1, sha256, md5, crc32, crc32c, sha512.

They guard the way, not the file: the file's own digest is always SHA-256. In tus a digest is
base64 (https://tus.io/protocols/resumable-upload#checksum), other protocols write it as `digests`
reads it; a CRC is 4 bytes, big-endian.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol

import google_crc32c

from rushes.errors import Kind, RushesError


class Algorithm(StrEnum):
    """How a checksum is computed."""

    SHA1 = "sha1"
    SHA256 = "sha256"
    MD5 = "md5"
    CRC32 = "crc32"
    CRC32C = "crc32c"
    SHA512 = "sha512"


DIGEST_BYTES: Final = MappingProxyType(
    {
        Algorithm.SHA1: 20,
        Algorithm.SHA256: 32,
        Algorithm.MD5: 16,
        Algorithm.CRC32: 4,
        Algorithm.CRC32C: 4,
        Algorithm.SHA512: 64,
    }
)


class BadChecksum(RushesError):
    """A checksum header that cannot be read, or names an algorithm that is not offered."""

    code = "upload.bad_checksum"
    kind = Kind.INVALID


class ChecksumMismatch(RushesError):
    """The body is not the one whose checksum was told; none of it was kept."""

    code = "upload.checksum_mismatch"
    kind = Kind.UNUSABLE


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a body must come to."""

    algorithm: Algorithm
    digest: bytes


class Summing(Protocol):
    """A running checksum."""

    def update(self, piece: memoryview, /) -> object:
        """Take the next bytes in."""
        ...

    def digest(self) -> bytes:
        """Return the checksum of all bytes so far."""
        ...


def start(algorithm: Algorithm) -> Summing:
    """Begin to sum."""
    match algorithm:
        case Algorithm.CRC32:
            return _Crc(zlib.crc32)
        case Algorithm.CRC32C:
            return _Crc(_crc32c)
        case _:
            return hashlib.new(algorithm, usedforsecurity=False)


def parse_checksum(text: str) -> Checksum:
    """Read `algorithm base64`.

    Raises:
        BadChecksum: unknown algorithm, broken base64, or a digest of the wrong length.
    """
    name, _, encoded = text.strip().partition(" ")
    try:
        algorithm = Algorithm(name)
        digest = base64.b64decode(encoded.strip(), validate=True)
    except (ValueError, binascii.Error):
        raise BadChecksum(_HOW) from None
    if len(digest) != DIGEST_BYTES[algorithm]:
        raise BadChecksum(_HOW)
    return Checksum(algorithm, digest)


_HOW: Final = f"A checksum is one of {', '.join(Algorithm)}, a space, and the digest in base64."


class _Crc:
    """A CRC with the face of a hash."""

    __slots__ = ("_extend", "_value")

    def __init__(self, extend: Callable[[memoryview, int], int]) -> None:
        self._extend = extend
        self._value = 0

    def update(self, piece: memoryview) -> None:
        self._value = self._extend(piece, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


def _crc32c(piece: memoryview, value: int) -> int:
    extended: int = google_crc32c.extend(value, bytes(piece))
    return extended
