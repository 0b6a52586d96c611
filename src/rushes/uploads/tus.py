"""tus 1.0 in words: from headers to what is asked, from uploads and errors to headers.

Source: https://tus.io/protocols/resumable-upload, version 1.0.0. Nothing here reads a socket or a
row. Metadata that we do not read goes back byte for byte.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from functools import partial
from types import MappingProxyType
from typing import Final, TypeAlias

from rushes.errors import Kind, RushesError
from rushes.uploads.checksum import (
    Algorithm,
    BadChecksum,
    Checksum,
    ChecksumMismatch,
    parse_checksum,
)
from rushes.uploads.concat import Concat, Place, parse_concat, parse_place
from rushes.uploads.upload import Append, Upload

VERSION: Final = "1.0.0"
EXTENSIONS: Final = (
    "creation,creation-with-upload,creation-defer-length,termination,expiration,checksum,"
    "checksum-trailer,concatenation,concatenation-unfinished"
)
BODY_TYPE: Final = "application/offset+octet-stream"
RESUMABLE: Final = MappingProxyType({"Tus-Resumable": VERSION})

MAX_METADATA_BYTES: Final = 8 * 2**10
MAX_KEYS: Final = 32
MAX_KEY_LENGTH: Final = 64
READ_KEYS: Final = frozenset({"filename", "name", "filetype", "type", "relativePath", "project"})
PLACE_KEYS: Final = ("rushes_group", "rushes_start", "rushes_total")
"""By which a partial upload tells where in the file of its group it belongs."""
RESERVED: Final = "rushes_"

MAX_DIGITS: Final = 15
"""More bytes than any disk has; a longer number is no length."""

CHECKSUM: Final = "upload-checksum"
CHECKSUM_MISMATCH: Final = 460
"""The status that the checksum extension gives a body that is not what was told."""


FindTrailer: TypeAlias = Callable[[str], str | None]


class VersionUnknown(RushesError):
    """The request does not speak tus 1.0.0."""

    code = "tus.version_unknown"
    kind = Kind.STALE


class BadHeader(RushesError):
    """A header is missing or cannot be read."""

    code = "tus.bad_header"
    kind = Kind.INVALID


class BadMetadata(RushesError):
    """Upload-Metadata breaks a rule."""

    code = "upload.bad_metadata"
    kind = Kind.INVALID


class WrongBodyType(RushesError):
    """An append's body must be `application/offset+octet-stream`."""

    code = "tus.wrong_body_type"
    kind = Kind.UNSUPPORTED


@dataclass(frozen=True, slots=True)
class Metadata:
    """What we read of Upload-Metadata; `text` is the whole, as it was sent."""

    text: str = ""
    file_name: str = ""
    media_type: str = ""
    project: str | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Creation:
    """A POST; `size_bytes` None: the length comes later. `append` is set if a body comes along."""

    size_bytes: int | None
    metadata: Metadata
    append: Append | None
    concat: Concat | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and the headers that go with it."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)


def require_version(headers: Mapping[str, str]) -> None:
    """Refuse what is not tus 1.0.0.

    Raises:
        VersionUnknown: the header Tus-Resumable is missing or names another version.
    """
    if headers.get("tus-resumable") != VERSION:
        raise VersionUnknown(f"Send the header Tus-Resumable: {VERSION}.")


def parse_creation(headers: Mapping[str, str], find_trailer: FindTrailer | None = None) -> Creation:
    """Read a POST; header names are lower case, doubled headers are joined by commas.

    `find_trailer` tells what followed the body under a name, once it is read.

    Raises:
        BadHeader, BadMetadata, BadChecksum, BadConcat, BadGroup: it breaks a rule.
        UploadMissing: it is to be made of what is no upload.
    """
    told = headers.get("upload-concat")
    concat = None if told is None else parse_concat(told)
    is_partial = concat is not None and not concat.is_final
    metadata = parse_metadata(headers.get("upload-metadata", ""), is_partial=is_partial)
    if concat is not None and concat.is_final:
        _require_bare(headers)
        return Creation(None, metadata, None, concat)
    size_bytes = _parse_length(headers)
    if not _has_offset_body(headers):
        return Creation(size_bytes, metadata, None, concat)
    return Creation(size_bytes, metadata, _body(headers, 0, size_bytes, find_trailer), concat)


def parse_append(headers: Mapping[str, str], find_trailer: FindTrailer | None = None) -> Append:
    """Read a PATCH; `find_trailer` as above.

    Raises:
        WrongBodyType, BadHeader, BadChecksum: it breaks a rule.
    """
    if not _has_offset_body(headers):
        raise WrongBodyType(f"Send the body with Content-Type: {BODY_TYPE}.")
    offset = _parse_number(headers, "upload-offset")
    if offset is None:
        raise BadHeader("Send the header Upload-Offset: the byte at which the body begins.")
    if "upload-defer-length" in headers:
        raise BadHeader("Upload-Defer-Length belongs to the creation of an upload.")
    return _body(headers, offset, _parse_number(headers, "upload-length"), find_trailer)


def parse_metadata(text: str, *, is_partial: bool = False) -> Metadata:
    """Read Upload-Metadata; that of a partial upload may tell its place in a group.

    Raises:
        BadMetadata: it is too long, has a bad or doubled key, or a value that cannot be read.
        BadGroup: it tells a place in a group that cannot be.
    """
    if len(text) > MAX_METADATA_BYTES:
        raise BadMetadata(f"Upload-Metadata has at most {MAX_METADATA_BYTES} bytes.")
    if not text.strip():
        return Metadata()
    pairs = [_parse_pair(pair) for pair in text.split(",")]
    if len(pairs) > MAX_KEYS:
        raise BadMetadata(f"Upload-Metadata has at most {MAX_KEYS} keys.")
    if len({key for key, _ in pairs}) < len(pairs):
        raise BadMetadata("Upload-Metadata names a key twice. Name each once.")
    read = READ_KEYS.union(PLACE_KEYS if is_partial else ())
    words = {key: _read_text(key, value) for key, value in pairs if key in read}
    reserved = [key for key, _ in pairs if key.startswith(RESERVED) and key not in read]
    if reserved:
        raise BadMetadata(f"Keys that begin with {RESERVED} are reserved. Choose another.")
    return Metadata(
        text=text,
        file_name=words.get("filename") or words.get("name") or "",
        media_type=words.get("filetype") or words.get("type") or "",
        project=words.get("project") or None,
        place=parse_place(*(words.get(key) for key in PLACE_KEYS)),
    )


def answer_options(max_bytes: int) -> Answer:
    """Say what the server can do."""
    return Answer(
        204,
        {
            **RESUMABLE,
            "Tus-Version": VERSION,
            "Tus-Extension": EXTENSIONS,
            "Tus-Max-Size": str(max_bytes),
            "Tus-Checksum-Algorithm": ",".join(Algorithm),
        },
    )


def answer_creation(upload: Upload, location: str, *, has_body: bool) -> Answer:
    """Say where the upload is, and if bytes came along, how many are kept."""
    headers = {**RESUMABLE, "Location": location, **_expires(upload)}
    if has_body:
        headers["Upload-Offset"] = str(upload.offset)
    return Answer(201, headers)


def answer_append(upload: Upload) -> Answer:
    """Say what is kept now."""
    return Answer(204, {**RESUMABLE, "Upload-Offset": str(upload.offset), **_expires(upload)})


def answer_head(upload: Upload) -> Answer:
    """Say where to go on; a final upload that waits for its partials has no offset."""
    length = (
        {"Upload-Defer-Length": "1"}
        if upload.size_bytes is None
        else {"Upload-Length": str(upload.size_bytes)}
    )
    is_waiting = upload.is_final and upload.is_open
    if is_waiting and upload.size_bytes is None:
        length = {}
    headers = {
        **RESUMABLE,
        "Cache-Control": "no-store",
        **({} if is_waiting else {"Upload-Offset": str(upload.offset)}),
        **length,
        **_expires(upload),
    }
    if upload.concat is not None:
        headers["Upload-Concat"] = upload.concat
    if upload.metadata:
        headers["Upload-Metadata"] = upload.metadata
    return Answer(200, headers)


def answer_gone() -> Answer:
    """Say that the upload was ended."""
    return Answer(204, dict(RESUMABLE))


def answer_error(error: RushesError, status: int) -> Answer:
    """Return what tus wants beside an error's own answer, whose status is given."""
    headers = dict(RESUMABLE)
    if isinstance(error, VersionUnknown):
        headers["Tus-Version"] = VERSION
    offset = error.facts.get("offset")
    if offset is not None:
        headers["Upload-Offset"] = str(offset)
    return Answer(CHECKSUM_MISMATCH if isinstance(error, ChecksumMismatch) else status, headers)


def _expires(upload: Upload) -> dict[str, str]:
    """An upload that is whole does not expire, but a partial does; a final has their time."""
    if upload.is_final or not (upload.is_open or upload.is_partial):
        return {}
    return {"Upload-Expires": format_datetime(upload.expires_at, usegmt=True)}


def _require_bare(headers: Mapping[str, str]) -> None:
    """Refuse a final upload that tells a length: its partials have one each."""
    if "upload-length" in headers or "upload-defer-length" in headers:
        raise BadHeader("A final upload tells no length: it is as long as its partials.")


def _parse_length(headers: Mapping[str, str]) -> int | None:
    size_bytes = _parse_number(headers, "upload-length")
    deferred = headers.get("upload-defer-length")
    if deferred is None:
        if size_bytes is None:
            raise BadHeader("Send Upload-Length, or Upload-Defer-Length: 1.")
        return size_bytes
    if deferred != "1":
        raise BadHeader("Upload-Defer-Length has one value: 1.")
    if size_bytes is not None:
        raise BadHeader("Send Upload-Length or Upload-Defer-Length, not both.")
    return None


def _parse_number(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > MAX_DIGITS:
        raise BadHeader(f"The header {name.title()} is a number of bytes in decimal digits.")
    return int(text)


def _has_offset_body(headers: Mapping[str, str]) -> bool:
    told = headers.get("content-type", "")
    return told.partition(";")[0].strip().lower() == BODY_TYPE


def _body(
    headers: Mapping[str, str],
    offset: int,
    size_bytes: int | None,
    find_trailer: FindTrailer | None,
) -> Append:
    told = headers.get(CHECKSUM)
    is_chunked = "transfer-encoding" in headers
    length = None if is_chunked else _parse_number(headers, "content-length") or 0
    names = {name.strip().lower() for name in headers.get("trailer", "").split(",")}
    if is_chunked and CHECKSUM in names and find_trailer is not None:
        find_checksum = partial(_read_trailer, find_trailer, told)
        return Append(offset, length, size_bytes, find_checksum=find_checksum)
    checksum = None if told is None else parse_checksum(told)
    return Append(offset, length, size_bytes, checksum)


def _read_trailer(find_trailer: FindTrailer, told: str | None) -> Checksum:
    """Return what was announced; where the whole request came at once, it stands in its head."""
    text = find_trailer(CHECKSUM) or told
    if text is None:
        raise BadChecksum(
            "The trailer Upload-Checksum was announced and did not come. Send the body again."
        )
    return parse_checksum(text)


def _parse_pair(pair: str) -> tuple[str, bytes]:
    key, _, encoded = pair.strip(" ").partition(" ")
    if not 1 <= len(key) <= MAX_KEY_LENGTH or not all("!" <= sign <= "~" for sign in key):
        raise BadMetadata(
            f"A key of Upload-Metadata has 1 to {MAX_KEY_LENGTH} printable ASCII characters."
        )
    try:
        return key, base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        raise BadMetadata(f"The value of {key} in Upload-Metadata is no base64.") from None


def _read_text(key: str, value: bytes) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        raise BadMetadata(f"The value of {key} in Upload-Metadata is no UTF-8.") from None
    if "\x00" in text:
        raise BadMetadata(f"The value of {key} in Upload-Metadata holds a NUL character.")
    return text
