"""tus in words: what concatenation and trailers add."""

from __future__ import annotations

import base64

import pytest

from rushes.uploads.checksum import Algorithm, BadChecksum, Checksum
from rushes.uploads.concat import BadGroup, Concat, Place
from rushes.uploads.tus import (
    BODY_TYPE,
    BadHeader,
    BadMetadata,
    Metadata,
    answer_head,
    parse_append,
    parse_creation,
    parse_metadata,
)
from rushes.uploads.upload import State
from tests.support.an_upload import upload

ID = f"upl_{'0' * 36}"
EXPIRES = "Sat, 28 Nov 2026 12:00:00 GMT"
LATE = {
    "content-type": BODY_TYPE,
    "upload-offset": "0",
    "transfer-encoding": "chunked",
    "trailer": "X-Other, Upload-Checksum",
}
CRC = "crc32 AAAAAA=="


def words(**pairs: str) -> str:
    """Return an Upload-Metadata header."""
    return ",".join(
        f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items()
    )


def test_a_partial_and_a_final_are_asked_for() -> None:
    """A final has its metadata and no length; a body along with it is not looked at."""
    partial = parse_creation({"upload-length": "5", "upload-concat": "partial"})
    final = parse_creation(
        {
            "upload-concat": f"final;/files/{ID}",
            "upload-metadata": words(filename="a"),
            "content-type": BODY_TYPE,
            "content-length": "5",
        }
    )

    assert (5, Concat("partial")) == (partial.size_bytes, partial.concat)
    assert (None, None, "a") == (final.size_bytes, final.append, final.metadata.file_name)
    assert Concat(f"final;/files/{ID}", (ID,)) == final.concat


@pytest.mark.parametrize("name", ["upload-length", "upload-defer-length"])
def test_a_final_that_tells_a_length_is_refused(name: str) -> None:
    """It is as long as its partials."""
    with pytest.raises(BadHeader):
        parse_creation({"upload-concat": f"final;{ID}", name: "1"})


def test_a_place_in_a_group_is_a_partials() -> None:
    """The words are reserved for all others; a bad place is no place."""
    text = words(rushes_group="a" * 32, rushes_start="0", rushes_total="9")

    told = parse_metadata(text, is_partial=True)

    assert Metadata(text=text, place=Place("a" * 32, 0, 9)) == told
    with pytest.raises(BadMetadata):
        parse_metadata(text)
    with pytest.raises(BadMetadata):
        parse_metadata(words(rushes_other="x"), is_partial=True)
    with pytest.raises(BadGroup):
        parse_metadata(words(rushes_group="a"), is_partial=True)


def test_a_checksum_may_come_after_the_body() -> None:
    """Where it was announced; in the head it may stand if all came at once."""
    append = parse_append(LATE, lambda name: CRC if name == "upload-checksum" else None)
    early = parse_append({**LATE, "upload-checksum": CRC}, lambda _: None)

    expected = Checksum(Algorithm.CRC32, bytes(4))
    assert (None, None) == (append.length, append.checksum)
    for one in (append, early):
        assert one.find_checksum is not None
        assert expected == one.find_checksum()


@pytest.mark.parametrize("text", [None, "", "crc32", "adler32 AAAA"])
def test_a_checksum_that_was_announced_has_to_come(text: str | None) -> None:
    """Else nothing guards the body, and its sender wanted it guarded."""
    append = parse_append(LATE, lambda _: text)

    assert append.find_checksum is not None
    with pytest.raises(BadChecksum):
        append.find_checksum()


def test_a_trailer_without_a_chunked_body_means_nothing() -> None:
    """There is no place for it."""
    plain = {**LATE, "content-length": "5"}
    del plain["transfer-encoding"]

    assert not parse_append(plain, lambda _: CRC).is_checked
    assert not parse_append(LATE).is_checked


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"size_bytes": None, "offset": 0}, {}),
        ({"size_bytes": 9, "offset": 0}, {"Upload-Length": "9"}),
        (
            {"size_bytes": 9, "offset": 9, "state": State.COMPLETED},
            {"Upload-Length": "9", "Upload-Offset": "9"},
        ),
    ],
)
def test_a_final_has_an_offset_once_it_is_whole(
    known: dict[str, object], expected: dict[str, str]
) -> None:
    """And a length once it is known; it says of what it is made, and expires with that."""
    final = upload(**{"concat": "final;x", **known})  # type: ignore[arg-type]

    headers = dict(answer_head(final).headers)

    fixed = {"Tus-Resumable": "1.0.0", "Cache-Control": "no-store", "Upload-Concat": "final;x"}
    assert {**fixed, **expected} == headers


@pytest.mark.parametrize("state", [State.RECEIVING, State.COMPLETED])
def test_a_partial_says_when_it_expires(state: State) -> None:
    """Whole or not."""
    headers = answer_head(upload(state, concat="partial")).headers

    assert ("partial", EXPIRES) == (headers["Upload-Concat"], headers["Upload-Expires"])
