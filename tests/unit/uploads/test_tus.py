"""tus in words: headers are read strictly, and answers hold what the protocol asks for."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushes.errors import RushesError
from rushes.uploads.checksum import Algorithm, BadChecksum, Checksum, ChecksumMismatch
from rushes.uploads.tus import (
    BODY_TYPE,
    MAX_KEYS,
    MAX_METADATA_BYTES,
    BadHeader,
    BadMetadata,
    Creation,
    Metadata,
    VersionUnknown,
    WrongBodyType,
    answer_append,
    answer_creation,
    answer_error,
    answer_gone,
    answer_head,
    answer_options,
    parse_append,
    parse_creation,
    parse_metadata,
    require_version,
)
from rushes.uploads.upload import Append, OffsetMismatch, State
from tests.support.an_upload import upload

EXPIRES = "Sat, 28 Nov 2026 12:00:00 GMT"
BODY = {"content-type": BODY_TYPE}
CRC = {"upload-checksum": "crc32 AAAAAA=="}


def words(**pairs: str | bytes) -> str:
    told = {
        key: value.encode() if isinstance(value, str) else value for key, value in pairs.items()
    }
    return ",".join(f"{key} {base64.b64encode(value).decode()}" for key, value in told.items())


def test_the_version_is_needed() -> None:
    """Ours, and no other."""
    require_version({"tus-resumable": "1.0.0"})

    for told in ({}, {"tus-resumable": "1.0"}, {"tus-resumable": "0.2.2"}):
        with pytest.raises(VersionUnknown):
            require_version(told)


CREATIONS: dict[str, tuple[Mapping[str, str], Creation]] = {
    "length": ({"upload-length": "10"}, Creation(10, Metadata(), None)),
    "no bytes": ({"upload-length": "0"}, Creation(0, Metadata(), None)),
    "deferred": ({"upload-defer-length": "1"}, Creation(None, Metadata(), None)),
    "body": (
        {"upload-length": "10", "content-length": "4", **BODY, **CRC},
        Creation(10, Metadata(), Append(0, 4, 10, Checksum(Algorithm.CRC32, bytes(4)))),
    ),
    "untold body": (
        {"upload-defer-length": "1", "transfer-encoding": "chunked", **BODY},
        Creation(None, Metadata(), Append(0, None, None)),
    ),
    "other body": (
        {"upload-length": "10", "content-length": "4", "content-type": "text/plain"},
        Creation(10, Metadata(), None),
    ),
    "a type with parameters": (
        {"upload-length": "1", "content-type": f"{BODY_TYPE.upper()}; x=1"},
        Creation(1, Metadata(), Append(0, 0, 1)),
    ),
}


@pytest.mark.parametrize("name", CREATIONS)
def test_a_creation_is_read(name: str) -> None:
    """Length now or later, bytes along or not."""
    headers, expected = CREATIONS[name]

    assert expected == parse_creation(headers)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"upload-length": "1", "upload-defer-length": "1"},
        {"upload-defer-length": "0"},
        {"upload-length": "1,1"},
        {"upload-length": " 1"},
        {"upload-length": "٣"},
        {"upload-length": "1" * 16},
        {"upload-length": "1", "upload-concat": "final;/files/upl_" + "0" * 36},
    ],
)
def test_a_creation_that_breaks_a_rule_is_refused(headers: Mapping[str, str]) -> None:
    """Missing, doubled, not decimal, or a thing that is not offered."""
    with pytest.raises(BadHeader):
        parse_creation(headers)


def test_an_append_is_read() -> None:
    """Offset, length of the body, late length, checksum."""
    headers = {**BODY, **CRC, "upload-offset": "5", "content-length": "3", "upload-length": "9"}

    append = parse_append(headers)

    assert Append(5, 3, 9, Checksum(Algorithm.CRC32, bytes(4))) == append
    assert Append(5, 0) == parse_append({**BODY, "upload-offset": "5"})


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({"upload-offset": "0"}, WrongBodyType),
        ({"upload-offset": "0", "content-type": "application/json"}, WrongBodyType),
        (BODY, BadHeader),
        ({**BODY, "upload-offset": "-1"}, BadHeader),
        ({**BODY, "upload-offset": "0", "upload-defer-length": "1"}, BadHeader),
        ({**BODY, "upload-offset": "0", "upload-checksum": "sha1"}, BadChecksum),
    ],
)
def test_an_append_that_breaks_a_rule_is_refused(
    headers: Mapping[str, str], error: type[RushesError]
) -> None:
    """Each by its own error."""
    with pytest.raises(error):
        parse_append(headers)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("", ("", "", None)),
        ("is_raw", ("", "", None)),
        (words(filename="a.mov", name="b"), ("a.mov", "", None)),
        (words(name="b", filetype="video/mp4"), ("b", "video/mp4", None)),
        (words(type="image/png", project="acme/spring"), ("", "image/png", "acme/spring")),
        (words(filename="", binary=bytes(range(256))), ("", "", None)),
    ],
)
def test_metadata_is_read(text: str, read: tuple[str, str, str | None]) -> None:
    """What we know is read; all of it is kept."""
    found = parse_metadata(text)

    assert read == (found.file_name, found.media_type, found.project)
    assert text == found.text


@pytest.mark.covers("BG-11")
@pytest.mark.parametrize(
    "text",
    [
        ",",
        "a YQ==,",
        "a YQ==,a YQ==",
        "a  YQ==",
        "a YQ",
        "a YQ==;",
        "ä YQ==",
        "a\x7f YQ==",
        "x" * 65,
        "rushes_total YQ==",
        words(filename=b"\xff"),
        words(relativePath="a\x00"),
        "a " + "AAAA" * (MAX_METADATA_BYTES // 4),
        ",".join(f"key{number}" for number in range(MAX_KEYS + 1)),
    ],
)
def test_metadata_that_breaks_a_rule_is_refused(text: str) -> None:
    """Empty, doubled, too long or too many keys; values that are no base64 or no text."""
    with pytest.raises(BadMetadata):
        parse_metadata(text)


def test_metadata_may_be_as_large_as_its_limits() -> None:
    """At the limit."""
    keys = ",".join(f"key{number}" for number in range(MAX_KEYS))
    long = "a " + "AAAA" * ((MAX_METADATA_BYTES - 2) // 4)

    assert (keys, long) == (parse_metadata(keys).text, parse_metadata(long).text)
    assert "x" * 64 == parse_metadata("x" * 64).text


@given(st.text(max_size=200))
def test_whatever_is_sent_is_read_or_refused(text: str) -> None:
    """Nothing but our own error comes out."""
    headers = {"upload-length": text, "upload-metadata": text, "upload-checksum": text, **BODY}

    try:
        parse_creation(headers)
    except RushesError:
        return


def test_options_names_everything() -> None:
    """Versions, extensions, algorithms, the limit."""
    answer = answer_options(5)

    assert 204 == answer.status
    assert {
        "Tus-Resumable": "1.0.0",
        "Tus-Version": "1.0.0",
        "Tus-Extension": (
            "creation,creation-with-upload,creation-defer-length,termination,expiration,checksum,"
            "checksum-trailer,concatenation,concatenation-unfinished"
        ),
        "Tus-Max-Size": "5",
        "Tus-Checksum-Algorithm": "sha1,sha256,md5,crc32,crc32c,sha512",
    } == answer.headers


def test_a_creation_is_answered_with_its_place() -> None:
    """Upload-Offset only if bytes came along; a whole upload does not expire."""
    plain = answer_creation(upload(), "http://x/1", has_body=False)
    full = answer_creation(upload(State.COMPLETED, offset=100), "http://x/1", has_body=True)

    version = {"Tus-Resumable": "1.0.0", "Location": "http://x/1"}
    assert (201, {**version, "Upload-Expires": EXPIRES}) == (plain.status, plain.headers)
    assert {**version, "Upload-Offset": "100"} == full.headers


def test_an_append_is_answered_with_the_offset() -> None:
    """And with the time until which it rests."""
    answer = answer_append(upload())

    version = {"Tus-Resumable": "1.0.0"}
    assert 204 == answer.status
    assert {**version, "Upload-Offset": "40", "Upload-Expires": EXPIRES} == answer.headers
    assert (204, version) == (answer_gone().status, answer_gone().headers)


def test_head_tells_length_or_that_it_is_deferred() -> None:
    """Metadata as it came."""
    known = answer_head(upload(metadata="a YQ=="))
    unknown = answer_head(upload(size_bytes=None))

    told = {
        "Tus-Resumable": "1.0.0",
        "Cache-Control": "no-store",
        "Upload-Offset": "40",
        "Upload-Expires": EXPIRES,
    }
    assert {**told, "Upload-Length": "100", "Upload-Metadata": "a YQ=="} == known.headers
    assert {**told, "Upload-Defer-Length": "1"} == unknown.headers


def test_an_error_brings_what_tus_wants() -> None:
    """460 for a checksum, Tus-Version for a version, the offset where it is known."""
    version = {"Tus-Resumable": "1.0.0"}

    mismatch = answer_error(ChecksumMismatch("x", offset=3), 422)
    unknown = answer_error(VersionUnknown("x"), 412)
    offset = answer_error(OffsetMismatch("x"), 409)

    assert (460, {**version, "Upload-Offset": "3"}) == (mismatch.status, mismatch.headers)
    assert (412, {**version, "Tus-Version": "1.0.0"}) == (unknown.status, unknown.headers)
    assert (409, version) == (offset.status, offset.headers)
