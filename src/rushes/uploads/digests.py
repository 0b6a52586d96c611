"""Digests as senders write them: fields of RFC 9530, and single words `algorithm:value`.

1. A field is a dictionary of byte sequences (RFC 9651). Its keys are those of the registry of
   RFC 9530; only sha-256 and sha-512 are active there, and only they are read. What else a field
   names is not ours to judge, and is passed over.
2. A word is hexadecimal or base64, and may name each algorithm that `checksum` computes.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

import http_sf

from rushes.uploads.checksum import DIGEST_BYTES, Algorithm, BadChecksum, Checksum

FIELD_ALGORITHMS: Final = MappingProxyType(
    {"sha-512": Algorithm.SHA512, "sha-256": Algorithm.SHA256}
)
"""By the names of RFC 9530, section 5; the strongest first."""

WORD_ALGORITHMS: Final = MappingProxyType(
    {
        **FIELD_ALGORITHMS,
        "sha-1": Algorithm.SHA1,
        "sha": Algorithm.SHA1,  # its name in the registry of RFC 9530
        **{algorithm.value: algorithm for algorithm in Algorithm},
    }
)
"""Every name that a word may begin with."""

NAMES: Final = MappingProxyType(
    {
        Algorithm.SHA512: "sha-512",
        Algorithm.SHA256: "sha-256",
        Algorithm.SHA1: "sha-1",
        Algorithm.MD5: "md5",
        Algorithm.CRC32: "crc32",
        Algorithm.CRC32C: "crc32c",
    }
)
"""How we write each algorithm ourselves."""

MOST_WANTED: Final = 10
"""The highest preference of Want-Repr-Digest; 0 says that it is not wanted (RFC 9530, 4)."""


def parse_digest_field(text: str) -> Checksum | None:
    """Return the strongest digest of Content-Digest or Repr-Digest; None if we know none of them.

    Raises:
        BadChecksum: it is no dictionary of byte sequences, or a digest has the wrong length.
    """
    told = _parse_dictionary(text)
    for name, algorithm in FIELD_ALGORITHMS.items():
        if name in told:
            return _check(algorithm, told[name])
    return None


def parse_wanted_field(text: str) -> Algorithm | None:
    """Return the algorithm that Want-Repr-Digest asks for most; None if we have none of them.

    Raises:
        BadChecksum: it is no dictionary of preferences from 0 to 10.
    """
    wanted = _parse_dictionary(text)
    for preference in wanted.values():
        if type(preference) is not int or not 0 <= preference <= MOST_WANTED:
            raise BadChecksum("Want-Repr-Digest gives each algorithm a number from 0 to 10.")
    asked = {
        algorithm: preference
        for name, algorithm in FIELD_ALGORITHMS.items()
        if isinstance(preference := wanted.get(name), int) and preference > 0
    }
    return max(asked, key=lambda algorithm: asked[algorithm], default=None)


def format_digest_field(checksums: Iterable[Checksum]) -> str:
    """Return Content-Digest or Repr-Digest."""
    told: http_sf.DictionaryType = {
        NAMES[checksum.algorithm]: (checksum.digest, {}) for checksum in checksums
    }
    return http_sf.ser(told)


def parse_digest_word(text: str) -> Checksum:
    """Read `algorithm:value`, as in `sha-256:9f86...`; the value is hexadecimal or base64.

    No value is both: base64 of a digest is shorter, or as with a CRC, ends with `=`.

    Raises:
        BadChecksum: unknown algorithm, a value that is neither, or one of the wrong length.
    """
    name, _, value = text.strip().partition(":")
    algorithm = parse_algorithm(name)
    return _check(algorithm, _decode(value.strip(), 2 * DIGEST_BYTES[algorithm]))


def parse_algorithm(name: str) -> Algorithm:
    """Return the algorithm of this name, as words name it.

    Raises:
        BadChecksum: it is none of ours.
    """
    algorithm = WORD_ALGORITHMS.get(name.strip().lower())
    if algorithm is None:
        raise BadChecksum(f"A digest is `algorithm:value`; an algorithm is one of {_OFFERED}.")
    return algorithm


def format_digest_word(checksum: Checksum) -> str:
    """Return `algorithm:value` in hexadecimal."""
    return f"{NAMES[checksum.algorithm]}:{checksum.digest.hex()}"


_OFFERED: Final = ", ".join(NAMES.values())


def _parse_dictionary(text: str) -> dict[str, object]:
    """Return the values of a dictionary, without their parameters."""
    try:
        parsed = http_sf.parse(text.encode("ascii"), tltype="dictionary")
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise BadChecksum(_HOW)
    return {name: told[0] if isinstance(told, tuple) else told for name, told in parsed.items()}


_HOW: Final = "A digest field reads `sha-256=:BASE64:` (RFC 9530). Send it so, or leave it out."


def _check(algorithm: Algorithm, digest: object) -> Checksum:
    if not isinstance(digest, bytes):
        raise BadChecksum(_HOW)
    if len(digest) != DIGEST_BYTES[algorithm]:
        raise BadChecksum(
            f"A digest by {NAMES[algorithm]} has {DIGEST_BYTES[algorithm]} bytes, "
            f"not {len(digest)}. Send it whole."
        )
    return Checksum(algorithm, digest)


def _decode(value: str, hex_length: int) -> bytes:
    try:
        if len(value) == hex_length and not value.endswith("="):
            return binascii.unhexlify(value)
        return base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error):
        raise BadChecksum("A digest is written in hexadecimal or in base64.") from None
