"""IETF resumable uploads in words: from headers to what is asked, from uploads to headers.

Source: draft-ietf-httpbis-resumable-upload, -01 to -11, which are the interop versions 3 to 8.
Nothing here reads a socket or a row.

1. `Rules` holds what differs between versions; who tells none, or one that we do not know, gets
   the newest rules, and no interim answers.
2. A header whose value is none of its kind counts as not sent, as the draft wants.
3. An upload whose length was told is complete with its last byte, in every protocol.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import http_sf

from rushes.errors import Kind, RushesError
from rushes.uploads import tus
from rushes.uploads.checksum import Algorithm, Checksum, start
from rushes.uploads.digests import (
    format_digest_word,
    parse_digest_field,
    parse_wanted_field,
)
from rushes.uploads.disposition import find_file_name
from rushes.uploads.tus import Metadata
from rushes.uploads.upload import Append, Upload, UploadTooLarge

OLDEST: Final = 3
NEWEST: Final = 8
VERSION_HEADER: Final = "Upload-Draft-Interop-Version"
PARTIAL_TYPE: Final = "application/partial-upload"

SAYS_NOTHING: Final = frozenset(
    {PARTIAL_TYPE, tus.BODY_TYPE, "application/x-www-form-urlencoded", "application/octet-stream"}
)
"""Media types of a body that say nothing of the file: clients send them by themselves."""


class BadHeader(RushesError):
    """A header that is needed is missing or cannot be read."""

    code = "resumable.bad_header"
    kind = Kind.INVALID


class WrongBodyType(RushesError):
    """An append's body must be `application/partial-upload`."""

    code = "resumable.wrong_body_type"
    kind = Kind.UNSUPPORTED


class EncodingRefused(RushesError):
    """The body is compressed on its way; only files as they are can be taken."""

    code = "resumable.encoding_refused"
    kind = Kind.UNSUPPORTED


class LengthInconsistent(RushesError):
    """What a request says of the upload's length does not agree, or its body is another length."""

    code = "resumable.length_inconsistent"
    kind = Kind.INVALID


class UploadComplete(RushesError):
    """The upload is complete; no byte can be added to it."""

    code = "resumable.upload_complete"
    kind = Kind.INVALID


class DigestMismatch(RushesError):
    """The whole upload is not the one whose digest was told; it is set aside."""

    code = "resumable.digest_mismatch"
    kind = Kind.INVALID


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for one request: `told` is the version that it named, if we know it."""

    told: int | None
    version: int

    @property
    def is_inverted(self) -> bool:
        """Whether completeness is told by its opposite, Upload-Incomplete."""
        return self.version == OLDEST

    @property
    def may_announce(self) -> bool:
        """Whether interim answers may be sent."""
        return self.told is not None

    @property
    def may_tell_progress(self) -> bool:
        """Whether interim answers may tell the offset."""
        return self.told is not None and self.version >= 5  # noqa: PLR2004 - since draft -03

    @property
    def needs_partial_type(self) -> bool:
        """Whether the body of an append must say that it is one."""
        return self.version >= 6  # noqa: PLR2004 - since draft -04

    @property
    def tells_limits(self) -> bool:
        """Whether there is Upload-Limit."""
        return self.version >= 6  # noqa: PLR2004 - since draft -04

    @property
    def lifetime(self) -> str:
        """How Upload-Limit calls the seconds that an upload has left."""
        return "expires" if self.version == 6 else "max-age"  # noqa: PLR2004 - drafts -04, -05

    @property
    def appended(self) -> int:
        """The status of an append after which the upload goes on."""
        return 204 if self.version >= 6 else 201  # noqa: PLR2004 - drafts -01 to -03 name 201

    @property
    def refuses_state_in_questions(self) -> bool:
        """Whether HEAD and DELETE with an offset or a completeness of their own are refused."""
        return self.version <= 5  # noqa: PLR2004 - drafts -01 to -03


@dataclass(frozen=True, slots=True)
class Creation:
    """A POST that begins an upload; its whole body is the first append.

    `is_last`: the body is, or ends, the whole file. `told` is the digest of the whole, `wanted`
    the algorithm by which it is to be told.
    """

    size_bytes: int | None
    metadata: Metadata
    append: Append
    is_last: bool
    told: Checksum | None
    wanted: Algorithm | None


@dataclass(frozen=True, slots=True)
class Appending:
    """A PATCH; `is_last`: its body ends the file."""

    append: Append
    is_last: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """What Upload-Limit tells, in bytes and seconds; `max_age` None: it does not end."""

    max_size: int
    max_append_size: int | None
    max_age: int | None


def find_rules(headers: Mapping[str, str]) -> Rules:
    """Return the rules by which a request is to be read and answered."""
    told = _find_integer(headers, VERSION_HEADER.lower())
    known = told if told is not None and OLDEST <= told <= NEWEST else None
    return Rules(known, known or NEWEST)


def parse_creation(headers: Mapping[str, str], rules: Rules) -> Creation:
    """Read a POST; header names are lower case, doubled headers are joined by commas.

    One that says nothing of completeness is an upload as HTTP always had it: the whole file.

    Raises:
        BadHeader, BadMetadata, BadChecksum, EncodingRefused: it breaks a rule.
        LengthInconsistent: it tells two lengths.
        DigestMismatch: it is empty, and its digest is another's.
    """
    _require_plain(headers)
    is_complete = _find_complete(headers, rules)
    is_last = is_complete is not False
    append = _read_append(headers, 0, is_last=is_last)
    told = headers.get("repr-digest")
    checksum = None if told is None else parse_digest_field(told)
    if append.size_bytes == 0 and checksum is not None:
        _require_empty(checksum)
    return Creation(
        size_bytes=append.size_bytes,
        metadata=_read_metadata(headers),
        append=append,
        is_last=is_last,
        told=checksum,
        wanted=find_wanted(headers),
    )


def parse_append(headers: Mapping[str, str], rules: Rules) -> Appending:
    """Read a PATCH.

    Raises:
        WrongBodyType, EncodingRefused, BadHeader, BadChecksum: it breaks a rule.
        LengthInconsistent: it tells two lengths.
    """
    _require_plain(headers)
    if rules.needs_partial_type and _media_type(headers) != PARTIAL_TYPE:
        raise WrongBodyType(f"Send the body with Content-Type: {PARTIAL_TYPE}.")
    offset = _find_integer(headers, "upload-offset")
    if offset is None:
        raise BadHeader("Send the header Upload-Offset: the byte at which the body begins.")
    is_complete = _find_complete(headers, rules)
    if is_complete is None and not rules.is_inverted:
        raise BadHeader("Send Upload-Complete: ?1 with the end of the file, else ?0.")
    is_last = is_complete is not False
    return Appending(_read_append(headers, offset, is_last=is_last), is_last)


def require_bare(headers: Mapping[str, str], rules: Rules) -> None:
    """Refuse a HEAD or a DELETE that tells a state of its own, where the version wants that.

    Raises:
        BadHeader: it does.
    """
    if not rules.refuses_state_in_questions:
        return
    for name in ("Upload-Offset", _completeness(rules)):
        if name.lower() in headers:
            raise BadHeader(f"This request may not have the header {name}. Send it without.")


def find_wanted(headers: Mapping[str, str]) -> Algorithm | None:
    """Return by which algorithm a request wants to hear the digest of the whole.

    Raises:
        BadChecksum: Want-Repr-Digest cannot be read.
    """
    wanted = headers.get("want-repr-digest")
    return None if wanted is None else parse_wanted_field(wanted)


def judge_excess(
    upload: Upload, append: Append, error: UploadTooLarge, max_append_bytes: int | None
) -> RushesError:
    """Say what a body that was too long broke: the upload's length, or only a limit of ours."""
    if not upload.is_open:
        return UploadComplete("This upload is complete. Start a new one for another file.")
    if upload.size_bytes is None:
        return error
    left = upload.size_bytes - append.offset
    most = left if max_append_bytes is None else min(left, max_append_bytes)
    is_beyond = append.length > left if append.length is not None else most == left
    if not is_beyond:
        return error
    return LengthInconsistent(
        f"The body goes beyond the {upload.size_bytes} bytes that were told, so the upload has "
        "ended. Start a new one.",
    )


def require_end(upload: Upload) -> None:
    """Refuse an end that came before the length that was told.

    Raises:
        LengthInconsistent: bytes are missing.
    """
    if upload.is_open and upload.size_bytes is not None:
        raise LengthInconsistent(
            f"The end came at byte {upload.offset} of {upload.size_bytes}. Send the rest.",
            offset=upload.offset,
        )


def end_at(upload: Upload) -> Append:
    """Return the empty append that ends an upload where it stands."""
    return Append(upload.offset, 0, upload.offset)


def words_of(creation: Creation) -> tuple[str | None, str | None]:
    """Return the told digest and the wanted algorithm as rows keep them."""
    told = None if creation.told is None else format_digest_word(creation.told)
    return told, creation.wanted


def _require_plain(headers: Mapping[str, str]) -> None:
    coding = headers.get("content-encoding", "identity").strip().lower()
    if coding not in {"", "identity"}:
        raise EncodingRefused("Send the file as it is, without Content-Encoding.")


def _require_empty(checksum: Checksum) -> None:
    if start(checksum.algorithm).digest() != checksum.digest:
        raise DigestMismatch("Repr-Digest is not that of an empty file. Send the right one.")


def _read_append(headers: Mapping[str, str], offset: int, *, is_last: bool) -> Append:
    length = None
    if "transfer-encoding" not in headers:
        length = _find_integer(headers, "content-length") or 0
    size_bytes = _find_integer(headers, "upload-length")
    end = None if length is None else offset + length
    if size_bytes is not None and end is not None and (is_last and end != size_bytes):
        raise LengthInconsistent(
            f"Upload-Length is {size_bytes}, but the body ends the file at byte {end}. "
            "Send one length."
        )
    told = headers.get("content-digest")
    return Append(
        offset=offset,
        length=length,
        size_bytes=end if is_last and size_bytes is None else size_bytes,
        checksum=None if told is None else parse_digest_field(told),
    )


def _read_metadata(headers: Mapping[str, str]) -> Metadata:
    """Return what is known of the file: by its own headers, and by Upload-Metadata as in tus."""
    known = tus.parse_metadata(headers.get("upload-metadata", ""))
    media_type = _media_type(headers)
    if media_type in SAYS_NOTHING:
        media_type = ""
    return replace(
        known,
        file_name=find_file_name(headers.get("content-disposition", "")) or known.file_name,
        media_type=media_type or known.media_type,
    )


def _media_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _completeness(rules: Rules) -> str:
    return "Upload-Incomplete" if rules.is_inverted else "Upload-Complete"


def _find_complete(headers: Mapping[str, str], rules: Rules) -> bool | None:
    value = _find_item(headers, _completeness(rules).lower())
    return value is not rules.is_inverted if isinstance(value, bool) else None


def _find_integer(headers: Mapping[str, str], name: str) -> int | None:
    value = _find_item(headers, name)
    return value if type(value) is int and value >= 0 else None


def _find_item(headers: Mapping[str, str], name: str) -> object:
    text = headers.get(name)
    if text is None:
        return None
    try:
        parsed = http_sf.parse(text.encode("latin-1"), tltype="item")
    except ValueError:
        return None
    return parsed[0] if isinstance(parsed, tuple) else parsed
